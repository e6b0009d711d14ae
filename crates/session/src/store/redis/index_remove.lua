-- Takes sessions that have ended off the account's list. ARGV: their references.
return redis.call('HDEL', KEYS[1], unpack(ARGV))
