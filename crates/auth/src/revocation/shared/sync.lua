-- KEYS[1]: the stream of revocations. ARGV: the last id that was read, how long entries are kept (ms), the most to read, and then
-- kind, key and time of each one to tell. Answers {id, kind, key, time} of those after the last id, the oldest first.
local kept = tonumber(ARGV[2])
local time = redis.call('TIME')
local oldest = time[1] * 1000 + math.floor(time[2] / 1000) - kept
for i = 4, #ARGV, 3 do
  redis.call('XADD', KEYS[1], 'MINID', '~', string.format('%.0f', oldest), '*', 'k', ARGV[i], 's', ARGV[i + 1], 'u', ARGV[i + 2])
end
if #ARGV > 3 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
local read = {}
for i, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[3])) do
  local fields = entry[2]
  read[i] = {entry[1], fields[2], fields[4], fields[6]}
end
return read
