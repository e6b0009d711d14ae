-- KEYS[1]: the owner's families. ARGV: id, number of the token, grace in ms.
-- Answers nil where there is none, or {0 again | 1 next | 2 reused, number of the last token, born ms, principal}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id, token, grace = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local packed = redis.call('HGET', KEYS[1], id)
if not packed then
  return nil
end
local row = cmsgpack.unpack(packed)
if math.min(row.seen + row.idle, row.born + row.absolute) <= now then
  redis.call('HDEL', KEYS[1], id)
  return nil
end

local function within(since)
  return grace > 0 and now - since <= grace
end

local turn = 2
if token == row.counter and token < 4294967295 then
  turn = 1
  if not within(row.since) then
    row.first, row.since = token, now
  end
  row.counter, row.rotated = token + 1, now
elseif token + 1 == row.counter and within(row.rotated) then
  turn = 0
elseif token >= row.first and token < row.counter and within(row.since) then
  turn = 0
end

if turn == 2 then
  redis.call('HDEL', KEYS[1], id)
else
  row.seen = now
  redis.call('HSET', KEYS[1], id, cmsgpack.pack(row))
end
return {turn, row.counter, row.born, row.principal}
