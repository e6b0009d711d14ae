-- Adds a cost to every debt, or as much of it as has room. ARGV: quotas, the cost.
local cost = tonumber(ARGV[rest])
for number, quota in ipairs(quotas) do
  local window = record[number]
  if quota.kind == PACED then
    local full = quota.burst * quota.span
    window.debt = math.max(window.debt, math.min(window.debt + math.min(cost, quota.burst) * quota.span, full))
  else
    local room = math.max(quota.burst - counted[quota.kind](quota, window), 0)
    charge(quota, window, math.min(cost, room))
  end
end
keep()
return 1
