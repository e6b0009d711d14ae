-- Takes a record out.
return redis.call("GETDEL", KEYS[1])
