-- Sends prepared requests in turn: next to nothing is made up while time is taken. Arguments: a file of requests (each a
-- line with its length, and then itself), how many have been sent before, and, where no request may come twice, a file of
-- ends: each body's last three characters, "]}}", are replaced by one of those. Prints one line of JSON.
local requests = {}
local ends = {}
local heads = {}
local sent = 0

local function read(path)
  local texts = {}
  local file = assert(io.open(path, "rb"))
  for line in file.lines(file) do
    texts[#texts + 1] = file:read(tonumber(line))
  end
  file:close()
  return texts
end

function init(args)
  requests = read(args[1])
  sent = tonumber(args[2])
  if not args[3] then return end
  ends = read(args[3])
  for n, raw in ipairs(requests) do
    local first, last = raw:find("content%-length: %d+\r\n\r\n")
    heads[n] = raw:sub(1, first - 1)
    requests[n] = raw:sub(last + 1, -4)
  end
end

function request()
  local at = sent % #requests + 1
  sent = sent + 1
  if #ends == 0 then return requests[at] end
  local body = requests[at]
  local rest = ends[sent % #ends + 1]
  return heads[at] .. "content-length: " .. (#body + #rest) .. "\r\n\r\n" .. body .. rest
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"bytes":%d,"failed":%d,"p50Ms":%.3f,"p99Ms":%.3f,"maxMs":%.3f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
