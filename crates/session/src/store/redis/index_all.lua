-- The sessions of an account, by reference; some may have ended.
return redis.call('HKEYS', KEYS[1])
