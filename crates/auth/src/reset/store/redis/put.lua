-- Keeps a record for so many milliseconds.
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1
