-- Begins a session. ARGV from 3: fields and values. Answers 1, or 0 where the reference is taken.
if redis.call('EXISTS', KEYS[1]) == 1 then
    return { 'taken' }
end
redis.call('HSET', KEYS[1], 's', whole(now), 'b', whole(now), 't', whole(now), 'v', '0', unpack(ARGV, 3))
local f, flat = read()
keep(f)
return { 'found', 'present', 0, flat }
