-- Gives a charge back, less what time has paid of it. ARGV: quotas, the cost, when it was charged.
if not found then
  return 0
end
local cost, at = tonumber(ARGV[rest]), tonumber(ARGV[rest + 1])
for number, quota in ipairs(quotas) do
  local window = record[number]
  if quota.kind == PACED then
    local unpaid = cost * quota.span - math.max(now - at, 0)
    window.debt = math.max(window.debt - math.max(unpaid, 0), 0)
  elseif quota.kind == COUNTED then
    if at >= window.start then
      window.count = math.max(window.count - cost, 0)
    elseif at >= window.start - quota.span then
      window.before = math.max(window.before - cost, 0)
    end
  else
    local left = cost
    for place = #window, 1, -1 do
      if left > 0 and window[place] <= at then
        table.remove(window, place)
        left = left - 1
      end
    end
  end
end
keep()
return 1
