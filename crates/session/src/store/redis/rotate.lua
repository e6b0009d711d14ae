-- Replaces the secret. ARGV[3]: the hash of the old id, [4]: of the new one; [5]: 'login', 'renew', or 'renew_as'; from 6
-- the fields that change with it.
local f, flat = read()
if not f.h or now >= ends(f) then
    return { 'gone' }
end
local which, login = opens(f, ARGV[3]), ARGV[5] == 'login'
local new = {}
for at = 6, #ARGV, 2 do
    new[ARGV[at]] = ARGV[at + 1]
end
local lost = which == 'old' and f.ou == '' and now - f.s > overlap and not login
if which == 'nothing' then
    return { 'gone' }
elseif which ~= 'present' and not lost then
    if login and f.u ~= '' and f.u == new.u then
        return { 'superseded', which, 0, flat }
    end
    return { 'superseded' }
end
if login and f.u ~= '' and f.u ~= new.u then
    for name in pairs(f) do
        if string.sub(name, 1, 1) == '=' then
            redis.call('HDEL', KEYS[1], name)
        end
    end
    redis.call('HSET', KEYS[1], 'z', '0', 'k', '0')
end
if login then
    redis.call('HSET', KEYS[1], 'oh', f.h, 'oo', '0', 'ou', whole(now + overlap), 'ow', '', 'b', whole(now))
elseif which == 'present' then
    redis.call('HSET', KEYS[1], 'oh', f.h, 'oo', '1', 'ou', '', 'ow', f.w)
end
redis.call('HSET', KEYS[1], 'h', ARGV[4], 's', whole(now), 't', whole(now), unpack(ARGV, 6))
redis.call('HINCRBY', KEYS[1], 'v', 1)
f, flat = read()
keep(f)
return { 'found', 'present', 0, flat }
