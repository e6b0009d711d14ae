-- The usual case by itself, since it takes half the time so: one quota that has a pace, and a key that is not blocked.
if ARGV[1] == '1' and ARGV[2] == '1' and ARGV[6] ~= 'never' then
  local version, at, blocked, kind, debt = 1, now, 0, 1, 0
  if text then
    version, at, blocked, kind = struct.unpack('>BdBB', text)
  end
  if version == 1 and blocked == 0 and kind == 1 and (not text or #text == 19) then
    local burst, span, cost = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
    local full = burst * span
    if text then
      now = math.max(now, at)
      debt = math.min(math.max(struct.unpack('>d', text, 12) - (now - at), 0), full)
    end
    local after = debt + cost * span
    if after > full then
      return { 0, now, 0, math.floor((full - debt) / span), math.ceil(after - full) }
    end
    if ARGV[6] == 'take' then
      redis.call('SET', KEYS[1], struct.pack('>BdBBd', 1, now, 0, 1, after), 'PX', math.ceil(after / 1000) + slack)
    end
    return { 0, now, 1, math.floor((full - after) / span), math.ceil(after) }
  end
end
