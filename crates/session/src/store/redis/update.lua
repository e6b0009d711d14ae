-- Changes values. ARGV[3]: the hash of the id; [4]: the version it must have, or ''; [5]: the bytes and [6]: the number
-- that all may have; then for each change its name, 's' to set or 'd' to remove, its weight and what is stored.
local f, flat = read()
if not f.h or now >= ends(f) then
    return { 'gone' }
end
local which = opens(f, ARGV[3])
if which == 'closed' then
    return { 'superseded' }
elseif which == 'nothing' then
    return { 'gone' }
elseif ARGV[4] ~= '' and ARGV[4] ~= f.v then
    return { 'conflict', which, 0, flat }
end
local bytes, number = tonumber(f.z), tonumber(f.k)
for at = 7, #ARGV, 4 do
    local before = f['=' .. ARGV[at]]
    if before then
        bytes = bytes - string.match(before, '^(%d+):')
        number = number - 1
    end
    if ARGV[at + 1] == 's' then
        bytes = bytes + ARGV[at + 2]
        number = number + 1
    end
end
-- What is too large already may still shrink.
if bytes > tonumber(ARGV[5]) and bytes > tonumber(f.z) or number > tonumber(ARGV[6]) and number > tonumber(f.k) then
    return { 'too_large' }
end
for at = 7, #ARGV, 4 do
    if ARGV[at + 1] == 's' then
        redis.call('HSET', KEYS[1], '=' .. ARGV[at], ARGV[at + 2] .. ':' .. ARGV[at + 3])
    else
        redis.call('HDEL', KEYS[1], '=' .. ARGV[at])
    end
end
redis.call('HSET', KEYS[1], 'z', whole(bytes), 'k', whole(number), 't', whole(now))
redis.call('HINCRBY', KEYS[1], 'v', 1)
f, flat = read()
keep(f)
return { 'found', which, 0, flat }
