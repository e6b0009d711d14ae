-- The server's time, in microseconds since the beginning of 2025 (UTC).
local clock = redis.call('TIME')
local now = (clock[1] - 1735689600) * 1000000 + clock[2]
-- How much longer than needed an entry is kept, in milliseconds.
local slack = 0
