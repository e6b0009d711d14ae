local text = redis.call('GET', KEYS[1])
