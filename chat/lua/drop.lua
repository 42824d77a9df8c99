-- A connection closed without a word: its place is kept for a while.
-- ARGV: visitor, conn, grace in ms

local visit, exists = visit_read(ARGV[1])
if exists and visit.conn == ARGV[2] then
  visit_drop(ARGV[1], visit, tonumber(ARGV[3]), clock_now())
  tell_all()
end
