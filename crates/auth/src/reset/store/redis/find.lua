-- Reads a record.
return redis.call("GET", KEYS[1])
