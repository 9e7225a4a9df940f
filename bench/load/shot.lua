-- wrk's script: one request again and again, or bookings that differ in where and when.
-- BENCH_HEADERS: lines "Name: value". BENCH_BODIES: a file with a body per line, for POST, with more
-- of them than can be sent.

local headers = {}
for name, value in string.gmatch(os.getenv("BENCH_HEADERS") or "", "([^:\n]+): ([^\n]+)") do
  headers[name] = value
end
wrk.headers = headers

local bodies = {}
if os.getenv("BENCH_BODIES") then
  for line in io.lines(os.getenv("BENCH_BODIES")) do bodies[#bodies + 1] = line end
end

-- Threads count on from different places, so that no body is sent twice.
local threads = 0
function setup(thread)
  thread:set("first", threads)
  threads = threads + 1
end

local sent = 0
function request()
  if #bodies == 0 then return wrk.format("GET") end
  sent = sent + 1
  local at = (first + (sent - 1) * 2) % #bodies + 1
  return wrk.format("POST", nil, nil, bodies[at])
end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    'BENCH {"requests": %d, "microseconds": %d, "p50": %f, "p99": %f, "p95": %f, "errors": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    latency:percentile(95),
    failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end
