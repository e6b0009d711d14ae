-- Takes a value once. ARGV[1]: for how many milliseconds it is remembered.
return redis.call('SET', KEYS[1], '', 'NX', 'PX', ARGV[1]) and 1 or 0
