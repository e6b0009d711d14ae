-- The generations: '*' of everybody, digests of tenants. ARGV[1]: whose generation ends, or '' to read only. A generation
-- is a number that only grows; it is made from the server's time, so that it grows also where it was forgotten. One that
-- is older than any session is dropped.
if ARGV[1] ~= '' then
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]
    local flat = redis.call('HGETALL', KEYS[1])
    for at = 1, #flat, 2 do
        if tonumber(flat[at + 1]) < now - 31 * 86400 * 1000000 then
            redis.call('HDEL', KEYS[1], flat[at])
        end
    end
    local before = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
    redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', math.max(before + 1, now)))
end
return redis.call('HGETALL', KEYS[1])
