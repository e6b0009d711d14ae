-- Finds a session and notes its use. ARGV[3]: the hash of the id.
local f, flat = read()
if not f.h then
    if f.e then
        return { now - f.e < overlap and 'late' or 'ended' }
    end
    return { 'unknown' }
end
local which = opens(f, ARGV[3])
if which == 'nothing' then
    return { 'unknown' }
elseif now >= ends(f) then
    return { 'expired' }
elseif which == 'closed' then
    return { now < tonumber(f.ou) and 'late' or 'unknown' }
end
if which == 'present' and f.oo == '1' and f.ou == '' then
    redis.call('HSET', KEYS[1], 'ou', whole(now + overlap))
end
if now - f.t >= math.min(math.floor(f.i / 16), 60000000) then
    f.t = whole(now)
    redis.call('HSET', KEYS[1], 't', f.t)
    keep(f)
end
local due = which == 'present' and f.r ~= '0' and now - f.s >= tonumber(f.r)
return { 'found', which, due and 1 or 0, flat }
