-- KEYS[1]: the owner's families. Answers {reference, device, born ms, seen ms} of each that is alive, the last used first.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local alive = {}
for _, packed in ipairs(redis.call('HVALS', KEYS[1])) do
  local row = cmsgpack.unpack(packed)
  if math.min(row.seen + row.idle, row.born + row.absolute) > now then
    alive[#alive + 1] = row
  end
end
table.sort(alive, function(a, b) return a.seen > b.seen end)
for i, row in ipairs(alive) do
  alive[i] = {row.reference, row.device, row.born, row.seen}
end
return alive
