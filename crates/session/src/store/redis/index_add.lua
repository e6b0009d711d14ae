-- Files a session among those of its account, before it exists. ARGV[1]: microseconds to add to the server's time; [2]: the
-- session's reference; [3]: how long it can live, in microseconds; [4]: how many there may be. Answers nothing, or those
-- there are where they are too many.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2] + ARGV[1]
local last, names = now + ARGV[3], {}
local flat = redis.call('HGETALL', KEYS[1])
for at = 1, #flat, 2 do
    if tonumber(flat[at + 1]) <= now then
        redis.call('HDEL', KEYS[1], flat[at])
    elseif flat[at] ~= ARGV[2] then
        names[#names + 1] = flat[at]
        last = math.max(last, tonumber(flat[at + 1]))
    end
end
if #names >= tonumber(ARGV[4]) then
    return names
end
redis.call('HSET', KEYS[1], ARGV[2], string.format('%.0f', now + ARGV[3]))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', (last - now) / 1000 + 60000))
return {}
