-- Limits of one request, decided in one step. The arithmetic is that of Bound, in doubles that are
-- whole numbers below 2^53 and therefore exact.
--
-- ARGV: milliseconds since the epoch or -1 for this server's clock; "take", "peek" or "charge"; name
-- of the places that the request takes; then for each key: 1 if it only reports, 1 if refused
-- requests count, milliseconds that its state is kept, number of bounds, and for each bound: kind,
-- limit, length, room, cost.
-- Places are a sorted set of the names of those that hold one, by the time at which each ends.
-- Reply: for each bound 1 if the request fits, what remains, milliseconds to wait or to the reset,
-- milliseconds that the request waits for its turn.
local FIXED, SLIDING, LEAKY, PLACES = 1, 2, 4, 5
local ANOTHER_TRY = 1000
local now = tonumber(ARGV[1])
local mode = ARGV[2]
local place = ARGV[3]
if now < 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function window(bound)
  return bound.kind == FIXED or bound.kind == SLIDING
end

-- Whole quotients of numbers below 2^53: a quotient may be rounded up to the next whole number.
local function floor(dividend, divisor)
  local quotient = math.floor(dividend / divisor)
  return quotient * divisor > dividend and quotient - 1 or quotient
end

local function ceiling(dividend, divisor)
  return -floor(-dividend, divisor)
end

local function roll(bound)
  if bound.kind == PLACES then
    return
  elseif window(bound) then
    local number = math.floor(now / bound.length)
    if number > bound.at then
      bound.before = number == bound.at + 1 and bound.now or 0
      bound.now = 0
      bound.at = number
    end
  else
    local elapsed = now - bound.at
    if elapsed > 0 then
      bound.now = elapsed >= ceiling(bound.now, bound.limit) and 0 or bound.now - elapsed * bound.limit
      bound.at = now
    end
  end
end

local function offset(bound)
  return math.max(now - bound.at * bound.length, 0)
end

local function remaining(bound)
  local left
  if bound.kind == FIXED or bound.kind == PLACES then
    left = bound.limit - bound.now
  elseif bound.kind == SLIDING then
    local before = bound.before * (bound.length - offset(bound))
    left = floor(bound.limit * bound.length - before, bound.length) - bound.now
  else
    left = floor(bound.room * bound.length - bound.now, bound.length)
  end
  return math.max(left, 0)
end

local function add(bound)
  if bound.kind == PLACES then
    bound.now = bound.now + bound.cost
  elseif window(bound) then
    bound.now = math.min(bound.now + bound.cost, 2 * bound.limit)
  else
    bound.now = math.min(bound.now + bound.cost * bound.length, 2 * bound.room * bound.length)
  end
end

local function reset(bound)
  if bound.kind == PLACES then
    return 0
  elseif window(bound) then
    return bound.length - offset(bound)
  end
  return ceiling(bound.now, bound.limit)
end

local function wait(bound)
  if bound.kind == PLACES then
    return ANOTHER_TRY
  elseif bound.kind == FIXED then
    return bound.length - offset(bound)
  elseif bound.kind == SLIDING then
    local left = bound.limit - bound.now - bound.cost
    if left >= 0 then
      return bound.length - offset(bound) - floor(left * bound.length, bound.before)
    end
    local later = bound.length - floor((bound.limit - bound.cost) * bound.length, bound.now)
    return bound.length - offset(bound) + math.max(later, 0)
  end
  return ceiling(bound.now + (bound.cost - bound.room) * bound.length, bound.limit)
end

local claims = {}
local admitted = true
local next = 4
for index, key in ipairs(KEYS) do
  local claim = {
    reports = ARGV[next] == '1',
    refused = ARGV[next + 1] == '1',
    kept = ARGV[next + 2],
    fits = true,
    bounds = {},
  }
  local bounds = tonumber(ARGV[next + 3])
  next = next + 4
  local state = {}
  claim.places = tonumber(ARGV[next]) == PLACES
  if claim.places then
    state = { 0, redis.call('ZCOUNT', key, string.format('(%.0f', now), '+inf'), 0 }
  else
    for number in string.gmatch(redis.call('GET', key) or '', '%d+') do
      state[#state + 1] = tonumber(number)
    end
  end
  for i = 1, bounds do
    local bound = {
      kind = tonumber(ARGV[next]),
      limit = tonumber(ARGV[next + 1]),
      length = tonumber(ARGV[next + 2]),
      room = tonumber(ARGV[next + 3]),
      cost = tonumber(ARGV[next + 4]),
      at = state[3 * i - 2] or 0,
      now = state[3 * i - 1] or 0,
      before = state[3 * i] or 0,
    }
    next = next + 5
    roll(bound)
    bound.fits = mode == 'charge' or bound.cost <= remaining(bound)
    claim.fits = claim.fits and bound.fits
    claim.bounds[i] = bound
  end
  admitted = admitted and (claim.fits or claim.reports)
  claims[index] = claim
end

local reply = {}
for index, key in ipairs(KEYS) do
  local claim = claims[index]
  local counts = mode == 'charge' or mode == 'take' and (claim.refused or admitted and claim.fits)
  local state = {}
  for i, bound in ipairs(claim.bounds) do
    local delay = bound.kind == LEAKY and ceiling(bound.now, bound.limit) or 0
    local millis = not bound.fits and wait(bound) or 0
    if counts then
      add(bound)
    end
    if bound.fits then
      millis = reset(bound)
    end
    reply[#reply + 1] = bound.fits and 1 or 0
    reply[#reply + 1] = remaining(bound)
    reply[#reply + 1] = millis
    reply[#reply + 1] = delay
    state[#state + 1] = string.format('%.0f %.0f %.0f', bound.at, bound.now, bound.before)
  end
  if counts and claim.places then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now))
    redis.call('ZADD', key, string.format('%.0f', now + claim.kept), place)
    redis.call('PEXPIRE', key, claim.kept)
  elseif counts then
    redis.call('SET', key, table.concat(state, ' '), 'PX', claim.kept)
  end
end
return reply
