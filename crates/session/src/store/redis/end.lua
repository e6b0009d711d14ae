-- Ends the session if it is this account's. ARGV[3]: the account's digest. Answers whether it was alive.
local f = read()
if not f.h or f.u ~= ARGV[3] then
    return 0
end
finish()
return now < ends(f) and 1 or 0
