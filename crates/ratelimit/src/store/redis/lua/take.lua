-- Charges a cost with every quota, or with none. ARGV: quotas, the cost, and `take`, `peek`, or `never` where the cost is
-- over a burst. Answers with 0, the time, and for each quota whether it admits, units left, microseconds; or with 1, the time and
-- how long the key is blocked still; or with 2 and the time.
if now < record.ends then
  return { 1, now, record.ends - now }
end
local cost, mode = tonumber(ARGV[rest]), ARGV[rest + 1]
if mode == 'never' then
  return { 2, now }
end
local answer, fits = { 0, now }, true
for number, quota in ipairs(quotas) do
  local one, left, time = stand(quota, record[number], cost)
  fits = fits and one == 1
  answer[number * 3], answer[number * 3 + 1], answer[number * 3 + 2] = one, left, time
end
if fits and mode == 'take' then
  for number, quota in ipairs(quotas) do
    charge(quota, record[number], cost)
  end
  keep()
end
return answer
