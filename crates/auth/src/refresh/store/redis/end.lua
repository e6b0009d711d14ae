-- KEYS[1]: the owner's families. ARGV: 'one' and its reference, or 'others' and the reference to keep.
-- Answers how many were alive and have ended.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ended = 0
local rows = redis.call('HGETALL', KEYS[1])
for i = 1, #rows, 2 do
  local row = cmsgpack.unpack(rows[i + 1])
  if (row.reference == ARGV[2]) == (ARGV[1] == 'one') then
    redis.call('HDEL', KEYS[1], rows[i])
    if math.min(row.seen + row.idle, row.born + row.absolute) > now then
      ended = ended + 1
    end
  end
end
return ended
