-- What a key has used, as it is kept under KEYS[1], and the arithmetic of the quotas.
--
-- Numbers are 64-bit floats that hold integers (microseconds, units) or multiples of a power of two of a microsecond. All
-- are small enough that sums are exact: the store refuses quotas that would not fit.
--
-- The record: version, time of the last change, blocked? (end of the block, when it is forgotten, how many there were),
-- then one window after the other:
--   1  debt with a quota that has a pace, at that time
--   2  start of a counted window, count of the one before, count of this one
--   3  number of admissions in a log, and their times, ascending
--   4  debt as in 1; and units that nodes hold: the interval by which they were handed out, the length of an epoch, the epoch,
--      how many were handed out in it and in the one before, and when the first was
local PACED, COUNTED, LOGGED, HELD = 1, 2, 3, 4
local VERSION = 1

local found = text ~= false

-- Units of an epoch that nobody has reported are taken to be spent when the epoch after the next begins.
local function settle(window, at)
  local current = math.floor(now / window.length)
  while window.epoch < current and window.out + window.before > 0 do
    window.epoch = window.epoch + 1
    local boundary = window.epoch * window.length
    window.debt = math.max(window.debt - (boundary - at), 0) + window.before * window.unit
    window.out, window.before, at = 0, window.out, boundary
  end
  window.epoch = math.max(window.epoch, current)
  return math.max(window.debt - (now - at), 0)
end

local record = { ends = 0, forgotten = 0, blocks = 0 }

if found then
  local version, at, blocked, place = struct.unpack('>BdB', text)
  if version ~= VERSION then
    return redis.error_reply('ERR a record of another version')
  end
  if blocked == 1 then
    record.ends, record.forgotten, record.blocks, place = struct.unpack('>ddB', text, place)
  end
  -- Time does not run back for a key.
  now = math.max(now, at)
  while place <= #text do
    local window = {}
    window.kind, place = struct.unpack('>B', text, place)
    if window.kind == PACED then
      window.debt, place = struct.unpack('>d', text, place)
      window.debt = math.max(window.debt - (now - at), 0)
    elseif window.kind == HELD then
      window.debt, window.unit, window.length, window.epoch, window.out, window.before, window.born, place =
        struct.unpack('>ddddI4I4d', text, place)
      window.debt = settle(window, at)
    elseif window.kind == COUNTED then
      window.start, window.before, window.count, place = struct.unpack('>dI4I4', text, place)
    else
      local length
      length, place = struct.unpack('>B', text, place)
      for number = 1, length do
        window[number], place = struct.unpack('>d', text, place)
      end
    end
    record[#record + 1] = window
  end
  if now >= record.forgotten then
    record.ends, record.forgotten, record.blocks = 0, 0, 0
  end
end

-- The call's quotas: ARGV[1] is their number, then kind, burst, and for a pace the interval, otherwise the window's length.
local quotas = {}
for number = 1, tonumber(ARGV[1]) do
  local first = number * 3 - 1
  quotas[number] = {
    kind = tonumber(ARGV[first]),
    burst = tonumber(ARGV[first + 1]),
    span = tonumber(ARGV[first + 2]),
  }
end
-- What a script is told besides.
local rest = #quotas * 3 + 2

-- a * b / c, rounded down, and what is left over. a < 2^32, b < 2^42, c < 2^42: the product would not be exact, so it is
-- worked out ten bits of b at a time.
local function ratio(a, b, c)
  if b == 0 or a < 9007199254740992 / b then
    return math.floor(a * b / c), (a * b) % c
  end
  local whole, left = 0, 0
  for _, unit in ipairs({ 1099511627776, 1073741824, 1048576, 1024, 1 }) do
    local digits = math.floor(b / unit) % 1024
    local sum = left * 1024 + a * digits
    whole, left = whole * 1024 + math.floor(sum / c), sum % c
  end
  return whole, left
end

-- What nodes hold of a quota that has a pace, as a time. It does not shrink before it is reported or taken to be spent.
local function held(window)
  return window.kind == HELD and (window.out + window.before) * window.unit or 0
end

-- How many units of a sliding quota count now.
local counted = {}

counted[COUNTED] = function(quota, window)
  local gone = now - window.start
  if gone >= 2 * quota.span then
    window.before, window.count = 0, 0
  elseif gone >= quota.span then
    window.start, window.before, window.count = window.start + quota.span, window.count, 0
  end
  if window.before == 0 and window.count == 0 then
    window.start = now
  end
  -- Neither count is larger than the limit, where that has become smaller.
  window.before, window.count = math.min(window.before, quota.burst), math.min(window.count, quota.burst)
  local weighed, left = ratio(window.before, math.max(quota.span - (now - window.start), 0), quota.span)
  return window.count + weighed + (left > 0 and 1 or 0)
end

counted[LOGGED] = function(quota, window)
  while window[1] and window[1] + quota.span <= now do
    table.remove(window, 1)
  end
  return #window
end

-- How long until a cost fits that does not fit now, in microseconds.
local wait = {}

wait[COUNTED] = function(quota, window, cost)
  local into = now - window.start
  local function at(room, count)
    return count > 0 and quota.span - (ratio(room, quota.span, count)) or 0
  end
  if window.count + cost <= quota.burst then
    return at(quota.burst - cost - window.count, window.before) - into
  end
  return at(quota.burst - cost, window.count) + quota.span - into
end

wait[LOGGED] = function(quota, window, cost)
  return window[#window + cost - quota.burst] + quota.span - now
end

-- How long until a window holds nothing, in microseconds.
local expiry = {}

expiry[PACED] = function(_, window)
  local units = held(window)
  local settled = units > 0 and (window.epoch + 2) * window.length - now or 0
  return math.ceil(window.debt + settled + units)
end

expiry[COUNTED] = function(quota, window)
  local windows = window.count > 0 and 2 or window.before > 0 and 1 or 0
  return windows > 0 and window.start + windows * quota.span - now or 0
end

expiry[LOGGED] = function(quota, window)
  return #window > 0 and window[#window] + quota.span - now or 0
end

-- A window of another kind, after the quotas were changed: what was used of the one counts for the other as far as it can.
local function converted(quota, window)
  if not window then
    return quota.kind == PACED and { kind = PACED, debt = 0 }
      or quota.kind == COUNTED and { kind = COUNTED, start = now, before = 0, count = 0 }
      or { kind = LOGGED }
  elseif window.kind == quota.kind or (window.kind == HELD and quota.kind == PACED) then
    return window
  end
  local used
  if window.kind == PACED or window.kind == HELD then
    -- The debt is a time; what is not paid within a window is all of it.
    used = math.ceil(quota.burst * math.min((window.debt + held(window)) / quota.span, 1))
  elseif window.kind == COUNTED then
    used = math.min(window.before + window.count, quota.burst)
  else
    used = math.min(#window, quota.burst)
  end
  if quota.kind == PACED then
    return { kind = PACED, debt = used * quota.span }
  elseif quota.kind == COUNTED then
    return { kind = COUNTED, start = now, before = 0, count = used }
  end
  local log = { kind = LOGGED }
  for number = 1, used do
    log[number] = now
  end
  return log
end

for number, quota in ipairs(quotas) do
  record[number] = converted(quota, record[number])
end

-- How a cost stands with a quota: whether it fits, units left (when it fits, after it), and in microseconds when all is
-- there again, or when it fits.
local function stand(quota, window, cost)
  if quota.kind == PACED then
    local full = quota.burst * quota.span
    local debt = math.min(window.debt + held(window), full)
    local after = debt + cost * quota.span
    if after <= full then
      return 1, math.floor((full - after) / quota.span), math.ceil(after)
    end
    return 0, math.floor((full - debt) / quota.span), math.ceil(after - full)
  end
  local used = counted[quota.kind](quota, window)
  if used + cost > quota.burst then
    return 0, math.max(quota.burst - used, 0), math.max(wait[quota.kind](quota, window, cost), 1)
  end
  local reset = quota.span
  if quota.kind == COUNTED then
    reset = window.start + 2 * quota.span - now
  end
  return 1, quota.burst - used - cost, reset
end

-- Adds a cost that fits.
local function charge(quota, window, cost)
  if quota.kind == PACED then
    window.debt = math.min(window.debt, quota.burst * quota.span) + cost * quota.span
  elseif quota.kind == COUNTED then
    window.count = window.count + cost
  else
    for _ = 1, cost do
      window[#window + 1] = now
    end
  end
end

-- Keeps the record for as long as any of it counts, and no longer.
local function keep()
  local blocked = record.blocks > 0
  local parts = { struct.pack('>BdB', VERSION, now, blocked and 1 or 0) }
  local lasts = 0
  if blocked then
    parts[2] = struct.pack('>ddB', record.ends, record.forgotten, math.min(record.blocks, 255))
    lasts = record.forgotten - now
  end
  for number, window in ipairs(record) do
    local quota = quotas[number]
    if quota then
      lasts = math.max(lasts, expiry[quota.kind](quota, window))
    else
      -- Not asked for in this call, so its length is not known: it stays as long as it would have.
      lasts = math.max(lasts, redis.call('PTTL', KEYS[1]) * 1000)
    end
    if window.kind == HELD and held(window) > 0 then
      parts[#parts + 1] = struct.pack('>BddddI4I4d', HELD, window.debt, window.unit, window.length, window.epoch, window.out,
        window.before, window.born)
    elseif window.kind == PACED or window.kind == HELD then
      parts[#parts + 1] = struct.pack('>Bd', PACED, window.debt)
    elseif window.kind == COUNTED then
      parts[#parts + 1] = struct.pack('>BdI4I4', COUNTED, window.start, window.before, window.count)
    else
      parts[#parts + 1] = struct.pack('>BB', LOGGED, #window)
      for _, time in ipairs(window) do
        parts[#parts + 1] = struct.pack('>d', time)
      end
    end
  end
  if lasts > 0 then
    redis.call('SET', KEYS[1], table.concat(parts), 'PX', math.ceil(lasts / 1000) + slack)
  elseif found then
    redis.call('DEL', KEYS[1])
  end
end
