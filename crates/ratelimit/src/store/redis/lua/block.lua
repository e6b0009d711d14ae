-- Blocks a key. ARGV: quotas, the first span, the longest, and the jitter in 1024ths. Answers with how long it is blocked.
local span, longest, jitter = tonumber(ARGV[rest]), tonumber(ARGV[rest + 1]), tonumber(ARGV[rest + 2])
for _ = 1, math.min(record.blocks, 31) do
  span = math.min(span * 2, longest)
end
span = span + math.floor(span / 1024 * jitter)
record.ends = math.max(record.ends, now + span)
record.forgotten = record.ends + longest
record.blocks = record.blocks + 1
keep()
return record.ends - now
