-- Looks at a session without using it. ARGV[3]: the digest of the account whose it must be, or ''.
local f, flat = read()
if not f.h or now >= ends(f) or ARGV[3] ~= '' and f.u ~= ARGV[3] then
    return { 'unknown' }
end
return { 'found', 'present', 0, flat, whole(ends(f)) }
