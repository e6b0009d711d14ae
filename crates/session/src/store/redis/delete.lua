-- Ends the session that the id opens. ARGV[3]: its hash. Answers whether it was alive, and whose it was.
local f = read()
if not f.h then
    return { 0, '' }
end
local which = opens(f, ARGV[3])
if which ~= 'present' and which ~= 'old' then
    return { 0, '' }
end
finish()
return { now < ends(f) and 1 or 0, f.u }
