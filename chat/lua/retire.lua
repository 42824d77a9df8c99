-- A process leaves in order; its connections have been dropped before. ARGV: process

if redis.call('SCARD', 'process:' .. ARGV[1] .. ':visitors') == 0 then
  redis.call('ZREM', 'processes', ARGV[1])
end
