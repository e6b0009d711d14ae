-- What every script of a session begins with. KEYS[1]: the session. ARGV[1]: microseconds to add to the server's time
-- (0 but in tests), ARGV[2]: how long an old id goes on working, in microseconds.
--
-- Fields: h hash of the present id, s since when; b begin, t last use; i idle, a absolute lifetime, r renewal (0: none);
-- v version; u digest of the account ('': anonymous), n of the tenant, g and m their generations; d head, w holder;
-- oh hash of the old id, oo whether it opens ('1'), ou until when ('': the new one was never presented), ow its holder;
-- z bytes and k number of the values; '=' and a name: a value, behind its weight and a colon.
-- A session that was ended has one field, e: when.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2] + ARGV[1]
local overlap = tonumber(ARGV[2])

local function whole(number)
    return string.format('%.0f', number)
end

local function ends(f)
    return math.min(f.t + f.i, f.b + f.a)
end

-- Every field of the session, by name; and as the server gives them.
local function read()
    local flat, f = redis.call('HGETALL', KEYS[1]), {}
    for at = 1, #flat, 2 do
        f[flat[at]] = flat[at + 1]
    end
    return f, flat
end

-- Which id of the session it is: present, old, closed (the old one of a login) or nothing.
local function opens(f, hash)
    if f.h == hash then
        return 'present'
    elseif f.oh ~= hash then
        return 'nothing'
    elseif f.oo ~= '1' then
        return 'closed'
    elseif f.ou == '' or now < tonumber(f.ou) then
        return 'old'
    end
    return 'nothing'
end

-- The key outlives the session by a minute, so that its end can be told.
local function keep(f)
    redis.call('PEXPIRE', KEYS[1], whole((ends(f) - now) / 1000 + 60000))
end

-- An end is remembered for an hour.
local function finish()
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'e', whole(now))
    redis.call('PEXPIRE', KEYS[1], 3600000)
end

