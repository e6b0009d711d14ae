-- KEYS[1]: the owner's families, a hash of one field for each.
-- ARGV: id, reference, idle ms, absolute ms, device, principal, the most families.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local idle, absolute = tonumber(ARGV[3]), tonumber(ARGV[4])

-- What has expired goes, and then what was used least recently, until one more is allowed.
local alive = {}
local last = now + absolute
local rows = redis.call('HGETALL', KEYS[1])
for i = 1, #rows, 2 do
  local row = cmsgpack.unpack(rows[i + 1])
  local ends = math.min(row.seen + row.idle, row.born + row.absolute)
  if ends <= now then
    redis.call('HDEL', KEYS[1], rows[i])
  else
    last = math.max(last, row.born + row.absolute)
    alive[#alive + 1] = {rows[i], row.seen}
  end
end
table.sort(alive, function(a, b) return a[2] < b[2] end)
for i = 1, #alive + 1 - tonumber(ARGV[7]) do
  redis.call('HDEL', KEYS[1], alive[i][1])
end

local row = {
  counter = 0, rotated = now, first = 0, since = now,
  born = now, seen = now, idle = idle, absolute = absolute,
  reference = ARGV[2], device = ARGV[5], principal = ARGV[6],
}
redis.call('HSET', KEYS[1], ARGV[1], cmsgpack.pack(row))
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', last))
return 1
