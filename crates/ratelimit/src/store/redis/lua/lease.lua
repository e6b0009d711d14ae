-- Takes back what is left of one lease, and gives another. ARGV: the quota; of the lease that is given back how many units it
-- had, how many of them were spent, its epoch, and when the first of its kind was given (0 units where there is none); the
-- cost that is asked for now (0 where none is), how many units are wanted, how few are worth giving, and the length of an epoch.
--
-- Answers with 0, the time, units left; then for a cost that is charged at once nothing more, for a lease its units, its epoch, when
-- the first of its kind was given, and how long it is valid. With 1, the time and how long the key is blocked still. With 2, the time,
-- units left, and when it is worth asking again.
--
-- At any time debt and units held together are at most the burst: a lease takes only of what is left; a report moves at most as
-- much to the debt as it takes from what is held; what is never reported counts as spent. So is true for every window what
-- the quota says, whatever nodes do or fail to do with what they hold.
local quota, window = quotas[1], record[1]
local had, spent, epoch, born = tonumber(ARGV[rest]), tonumber(ARGV[rest + 1]), tonumber(ARGV[rest + 2]), tonumber(ARGV[rest + 3])
local cost, want, least = tonumber(ARGV[rest + 4]), tonumber(ARGV[rest + 5]), tonumber(ARGV[rest + 6])
local length = tonumber(ARGV[rest + 7])
local full = quota.burst * quota.span

if had > 0 then
  if window.kind == HELD and window.born == born and epoch >= window.epoch - 1 then
    if epoch == window.epoch then
      window.out = math.max(window.out - had, 0)
    else
      window.before = math.max(window.before - had, 0)
    end
    window.debt = window.debt + spent * window.unit
  elseif window.kind ~= HELD or window.born ~= born then
    -- The entry is another one, since the server was emptied or the key reset: what was spent is told it all the same.
    window.debt = math.min(window.debt + spent * quota.span, full)
  end
end

local answer
local debt = math.min(window.debt + held(window), full)
local left = math.floor((full - debt) / quota.span)
if now < record.ends then
  answer = { 1, now, record.ends - now }
elseif cost == 0 then
  answer = { 0, now, left }
elseif left < math.max(cost, least) then
  answer = { 2, now, left, math.max(math.ceil(debt + math.max(cost, least) * quota.span - full), 1) }
else
  local units = math.min(want, math.max(math.floor(left / 2), least))
  if units <= cost or (held(window) > 0 and window.unit ~= quota.span) then
    charge(quota, window, cost)
    answer = { 0, now, left - cost }
  else
    if held(window) == 0 then
      window = { kind = HELD, debt = window.debt, unit = quota.span, length = length, epoch = math.floor(now / length),
        out = 0, before = 0, born = now }
      record[1] = window
    end
    window.out = window.out + units
    answer = { 0, now, left - units, units, window.epoch, window.born, (window.epoch + 2) * window.length - now }
  end
end
if had > 0 or answer[1] == 0 and cost > 0 then
  keep()
end
return answer
