#include "core/listing/listing.hpp"

#include <algorithm>

#include "base/percent.hpp"
#include "base/strings.hpp"
#include "base/whole_number.hpp"
#include "core/codes.hpp"

namespace tandem::core {

using base::strcat;

namespace {

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

// RFC 3986: everything but unreserved characters, so that a value stays one segment.
// A parent's value as it is kept: JSON, so that a number stays one. Empty: it names no path.
std::string json_of(const base::Value& value) {
  if (value.kind == base::Kind::number) return std::string(value.text);
  if (value.kind != base::Kind::string || value.text.empty() || value.text == "." || value.text == "..") return {};
  return base::Json(std::string(value.text)).dump();
}

std::string text_of(const std::string& json) {
  if (!json.starts_with('"')) return json;
  const base::Result<base::Json> value = base::Json::parse(strcat("[", json, "]"));
  return value ? value->items().front().string() : std::string();
}

// Of what we have stored ourselves.
std::int64_t number_of(const std::string& text) { return base::whole_number(text).value_or(0); }

bool scalar(const base::Value& value) { return value.kind == base::Kind::string || value.kind == base::Kind::number; }

Position inner(const Position& at) {
  return {.page = at.parents->page, .offset = at.parents->offset, .token = at.parents->token};
}

Position outer(const Position& of_parents) {
  return {.parents = Position::Page{of_parents.page, of_parents.offset, of_parents.token}};
}

std::string identity_of(const Listing::Setup& setup) {
  std::string text = setup.object.path;
  const auto add = [&](std::string_view name, std::string_view value) { text += strcat("\n", name, "=", value); };
  for (const auto& [name, value] : setup.params) add(name, value);
  if (setup.incremental && setup.object.cursor) {
    add("cursor", setup.watermark.value_or(""));
    add("lookback", std::to_string(setup.lookback));
  }
  return std::to_string(base::hash64(text, 0));
}

}  // namespace

Listing::Listing(Setup setup)
    : setup_(std::move(setup)),
      identity_(identity_of(setup_)),
      pager_(setup_.object, setup_.params, {}),
      mark_(CursorText(setup_.object.cursor.value_or(Cursor{}), setup_.zone)) {
  setup_.incremental = setup_.incremental && setup_.object.cursor;
  if (setup_.parent) parent_pager_.emplace(*setup_.parent, Params{}, Position{});
  if (setup_.incremental) {
    const Cursor& cursor = *setup_.object.cursor;
    if (cursor.token)
      delta_ = setup_.watermark;
    else if (setup_.watermark)
      mark_.see(std::string_view(*setup_.watermark));
    if (cursor.bounded()) until_ = setup_.now.micros;
    if (until_) mark_.cap(base::Instant{*until_});
  }
  start_ = first();
  if (sliced()) first_slice_ = start_.part;
  pager_.begin_part(start_);
}

bool Listing::resume(const base::Json& stored, bool again) {
  const base::Json* at = stored.find("at");
  if (at == nullptr) return false;
  base::Result<Position> position = Position::from_json(*at);
  if (!position || position->parents.has_value() != setup_.parent.has_value()) return false;
  if (again && shifts()) {
    if (!position->parents) return false;
    position = Position{.part = std::move(position->part), .parents = std::move(position->parents)};
  }
  start_ = *std::move(position);
  resumed_ = true;
  recall(stored);
  if (sliced()) first_slice_ = stored.string_at("first").value_or(start_.part);
  // The parents of that page have to be seen again first.
  if (start_.parents && !start_.part.empty()) {
    resume_child_ = start_;
    start_.part.clear();
    start_ = Position{.parents = start_.parents};
  }
  pager_.begin_part(start_);
  return true;
}

void Listing::recall(const base::Json& stored) {
  if (const auto date = stored.string_at("began")) began(base::Instant{number_of(*date)});
  if (const auto until = stored.string_at("until"); until && until_) {
    until_ = number_of(*until);
    mark_.cap(base::Instant{*until_});
  }
  if (setup_.incremental) {
    setup_.watermark = stored.string_at("from");  // not the committed one where the listing was begun anew
    const auto cursor = stored.string_at("cursor");
    if (setup_.object.cursor->token)
      delta_ = cursor;
    else if (cursor)
      mark_.see(std::string_view(*cursor));
  }
  safe_ = stored.string_at("safe");
  forgotten_ = stored.boolean_at("forgotten").value_or(false);
}

PageRequest Listing::request(const Position& at) const {
  if (of_parents(at)) return parent_pager_->request(inner(at), asks_parents() ? bounds(at) : Params{});
  PageRequest request = pager_.request(at, asks_parents() ? Params{} : bounds(at));
  if (at.parents) replace_all(request.path, "{parent}", base::percent_encode(text_of(at.part)));
  return request;
}

base::Value Listing::value_of_parent(const std::string& json, base::TextArena& arena) {
  return {json.starts_with('"') ? base::Kind::string : base::Kind::number, arena.keep(text_of(json))};
}

std::vector<base::FieldPath> Listing::fields(bool of_parents) const {
  std::vector<base::FieldPath> out;
  const auto add = [&](const std::string& name) { out.push_back(base::FieldPath::parse(name)); };
  const bool cursor = setup_.incremental && !setup_.object.cursor->token;
  if (of_parents) add(setup_.object.parent->field);
  if (cursor && of_parents == asks_parents()) {
    add(setup_.object.cursor->field);
    if (!setup_.object.cursor->tie_break.empty()) add(setup_.object.cursor->tie_break);
  }
  const Paging& paging = of_parents ? setup_.parent->paging : setup_.object.paging;
  if (!paging.field.empty()) add(paging.field);
  return out;
}

std::vector<std::vector<std::string>> Listing::facts(bool of_parents) const {
  std::vector<std::vector<std::string>> out = of_parents ? parent_pager_->facts() : pager_.facts();
  if (!of_parents && setup_.incremental && setup_.object.cursor->token) out.push_back(setup_.object.cursor->next);
  if (tells_covered(of_parents)) out.push_back(setup_.object.cursor->covered);
  return out;
}

Listing::Step Listing::read(const Position& at, const Answer& answer) {
  const bool parents = of_parents(at);
  const PageSeen seen = look(answer, parents);
  Following following;
  if (!answer.nothing) following = parents ? parent_pager_->next(inner(at), seen) : pager_.next(at, seen);
  Step step;
  step.failure = following.failure;
  if (step.failure) return step;
  if (parents)
    after_parents(at, following, answer, step);
  else
    step.next = following.next ? std::move(following.next) : next_part(at);
  if (!step.next && covered_) mark_.see(std::string_view(*covered_));
  // In ascending order what comes later is not smaller: a run that breaks has come as far as its last page.
  if (setup_.incremental && setup_.object.cursor->order == CursorOrder::ascending && !setup_.parent)
    safe_ = mark_.value();
  if (!setup_.parent && !sliced()) step.total = seen.total;
  if (!setup_.all_or_nothing) step.safe = safe_;
  step.stored = stored(step.next);
  if (!parents) note_changed(answer, step.changed);
  return step;
}

PageSeen Listing::look(const Answer& answer, bool parents) {
  const Pager& pager = parents ? *parent_pager_ : pager_;
  PageSeen seen = pager.seen(answer.page.records(), answer.page.facts, answer.link_next);
  seen.ids = answer.ids;
  const Paging& paging = parents ? setup_.parent->paging : setup_.object.paging;
  const bool token = setup_.incremental && setup_.object.cursor->token;
  if (token && !parents && !answer.page.facts.empty())
    if (const auto& given = answer.page.facts.back(); given && !given->empty()) delta_ = given;
  if (tells_covered(parents) && !answer.page.facts.empty())
    if (const auto& given = answer.page.facts.back(); given && !given->empty()) covered_ = given;
  const bool cursor = setup_.incremental && !token && parents == asks_parents();
  const bool tied = cursor && !setup_.object.cursor->tie_break.empty();
  for (std::size_t i = 0; i < answer.page.records(); ++i) {
    const auto record = answer.page.record(i).subspan(answer.first_field + (parents ? 1 : 0));
    std::size_t field = 0;
    const bool last = i + 1 == answer.page.records();
    if (cursor) look_at_cursor(record[field++], seen);
    if (tied) {
      if (last && scalar(record[field])) seen.tie = std::string(record[field].text);
      ++field;
    }
    if (last && !paging.field.empty() && scalar(record[field])) seen.key = std::string(record[field].text);
  }
  return seen;
}

// Not those of a first reading, which may be years old, and not those that the look-back brings again.
void Listing::note_changed(const Answer& answer, std::vector<base::Instant>& changed) const {
  if (!setup_.incremental || setup_.object.cursor->token || asks_parents() || !setup_.watermark) return;
  const CursorFormat format = setup_.object.cursor->format;
  if (format == CursorFormat::integer || format == CursorFormat::text) return;
  const CursorText& text = mark_.text();
  const auto known = text.rank(std::string_view(*setup_.watermark));
  for (std::size_t i = 0; known && i < answer.page.records(); ++i)
    if (const auto rank = text.rank(answer.page.record(i)[answer.first_field]); rank && *rank > *known)
      changed.push_back({*rank});
}

void Listing::look_at_cursor(const base::Value& value, PageSeen& seen) {
  mark_.see(value);
  seen.anchor = anchor_of(value);
  const Cursor& cursor = *setup_.object.cursor;
  if (cursor.order != CursorOrder::descending || !setup_.watermark || !scalar(value)) return;
  const CursorText& text = mark_.text();
  const auto known = text.rank(std::string_view(*setup_.watermark)), rank = text.rank(value);
  const bool older = cursor.format == CursorFormat::text ? value.text < *setup_.watermark
                     : known && rank                     ? *rank < text.lower(*known, setup_.lookback)
                                                         : false;
  seen.reached = seen.reached || older;
}

std::optional<std::string> Listing::anchor_of(const base::Value& value) const {
  const CursorText& text = mark_.text();
  const CursorFormat format = text.cursor().format;
  if (format == CursorFormat::text) return scalar(value) ? std::optional(std::string(value.text)) : std::nullopt;
  const auto rank = text.rank(value);
  if (!rank) return std::nullopt;
  const std::string as_given(value.text);
  if (setup_.object.paging.window > 0) return text.lower_text(as_given, 0);
  return format == CursorFormat::iso8601 ? as_given : text.print(*rank);
}

void Listing::after_parents(const Position& at, const Following& following, const Answer& answer, Step& step) {
  values_.clear();
  for (std::size_t i = 0; i < answer.page.records(); ++i) {
    std::string value = json_of(answer.page.record(i)[answer.first_field]);
    if (value.empty()) {
      step.failure = RunFailure{
          .error_type = error_type::kApi,
          .code = code::kNoParentValue,
          .message = strcat("record ", i + 1, " of a page of ", setup_.parent->name, " has no ",
                            setup_.object.parent->field, " that can stand in the path of its ", setup_.object.name),
          .suggestion = strcat("Check objects.", setup_.object.name, ".parent.field."),
          .retryable = false};
      return;
    }
    values_.push_back(std::move(value));
  }
  parents_ = *at.parents;
  more_parents_ = following.next ? std::optional(outer(*following.next)) : std::nullopt;
  const std::optional<Position> resume = std::exchange(resume_child_, std::nullopt);
  if (values_.empty()) {
    step.next = more_parents_;
    return;
  }
  const auto found = resume ? std::ranges::find(values_, resume->part) : values_.end();
  if (found == values_.end()) {
    step.next = child(0);
    return;
  }
  step.next = child(static_cast<std::size_t>(found - values_.begin()));
  *step.next = *resume;
  pager_.begin_part(*resume);
}

Position Listing::child(std::size_t index) {
  value_ = index;
  Position position{.part = values_[index], .parents = parents_};
  pager_.begin_part(position);
  return position;
}

std::optional<Position> Listing::next_part(const Position& at) {
  if (at.parents) {
    if (value_ + 1 < values_.size()) return child(value_ + 1);
    return more_parents_;
  }
  if (!sliced()) return std::nullopt;
  const std::int64_t end = upper(at);
  if (end >= *until_) return std::nullopt;
  // The slice is complete: nothing before its end is missing, as far as the source's clock had come.
  const std::int64_t reached = began_ ? std::min(end, began_->micros) : end;
  safe_ = mark_.text().print(reached);
  mark_.see(std::string_view(*safe_));
  Position position{.part = std::to_string(end)};
  pager_.begin_part(position);
  return position;
}

void Listing::began(base::Instant date) {
  if (began_) return;
  began_ = date;
  mark_.cap(date);
}

// A record that changes leaves its place in a listing of changes, and those behind it move up; from the newest on they
// only move back. What a token stands for nobody knows: in ascending order it is not needed.
bool Listing::shifts() const noexcept {
  if (!setup_.incremental || setup_.object.cursor->order == CursorOrder::descending) return false;
  switch (setup_.object.paging.style) {
    case PageStyle::page:
    case PageStyle::offset:
      return true;
    case PageStyle::token:
    case PageStyle::next_url:
    case PageStyle::link:
      return setup_.object.cursor->order == CursorOrder::ascending;
    case PageStyle::none:
    case PageStyle::keyset:
      return false;
  }
  return false;
}

Listing::Loss Listing::loss(const Position& at, int status, std::string_view body) const {
  const Paging& paging = of_parents(at) ? setup_.parent->paging : setup_.object.paging;
  const bool child_begins = at.parents && !at.part.empty() && at.page == 0 && at.token.empty();
  const bool begins = setup_.parent && !asks_parents() ? child_begins : at == first();
  const bool asked = setup_.incremental && setup_.watermark;
  if (asked && begins && setup_.object.cursor->expired.matches(status, body)) return Loss::cursor;
  const bool behind = of_parents(at) ? at.parents->page > 0 || !at.parents->token.empty()
                                     : at.page > 0 || !at.token.empty() || !at.anchor.empty();
  const bool delta = asked && begins && token_starts();
  return behind && !delta && paging.expired.matches(status, body) ? Loss::page : Loss::none;
}

Position Listing::restart(const Position& at, Loss loss) {
  if (loss == Loss::cursor) {
    forgotten_ = true;
    setup_.watermark.reset();
    if (setup_.object.cursor->token) delta_.reset();
  } else if (safe_ && !sliced() && !setup_.proof) {  // what has no time is not behind any watermark
    setup_.watermark = safe_;
  }
  Position position = first();
  if (!of_parents(at) && !at.part.empty() && loss == Loss::page) position = {.part = at.part, .parents = at.parents};
  if (parent_pager_ && of_parents(position)) parent_pager_->begin_part({});
  pager_.begin_part(position);
  return position;
}

bool Listing::parent_gone(const Position& at, int status) const noexcept {
  return at.parents && !at.part.empty() && status == 404 && setup_.object.parent->missing_empty;
}

std::optional<std::string> Listing::cursor() const {
  if (!setup_.incremental) return std::nullopt;
  return setup_.object.cursor->token ? delta_ : mark_.value();
}

Position Listing::first() const {
  if (setup_.parent) return {.parents = Position::Page{}};
  if (sliced()) {
    const CursorText& text = mark_.text();
    const auto known = setup_.watermark ? text.rank(std::string_view(*setup_.watermark)) : std::nullopt;
    const std::int64_t begin =
        known ? *known - setup_.lookback : text.rank(std::string_view(setup_.object.cursor->from)).value_or(0);
    return {.part = std::to_string(begin)};
  }
  if (setup_.incremental && setup_.watermark && token_starts()) return {.token = *setup_.watermark};
  return {};
}

// What the cursor adds to the parameters of a page.
Params Listing::bounds(const Position& at) const {
  if (!setup_.incremental) return {};
  const Cursor& cursor = *setup_.object.cursor;
  if (cursor.token) return token_bounds();
  Params params;
  const std::optional<std::string> from = lower(at);
  const std::string until = until_ ? mark_.text().print(asked_until(at)) : std::string();
  if (from && !cursor.param.empty()) {
    std::string value = cursor.written_as.empty() ? "{cursor}" : cursor.written_as;
    replace_all(value, "{until}", until);
    replace_all(value, "{tie}", at.tie);
    replace_all(value, "{cursor}", *from);
    params.emplace_back(cursor.param, std::move(value));
  }
  if (!cursor.until_param.empty()) params.emplace_back(cursor.until_param, until);
  if (!cursor.tie_param.empty() && !at.tie.empty()) params.emplace_back(cursor.tie_param, at.tie);
  return params;
}

Params Listing::token_bounds() const {
  const Cursor& cursor = *setup_.object.cursor;
  if (!setup_.watermark) return cursor.initial;
  if (token_starts()) return {};
  return {{cursor.param, *setup_.watermark}};
}

std::optional<std::string> Listing::lower(const Position& at) const {
  const CursorText& text = mark_.text();
  if (!at.anchor.empty()) return at.anchor;
  if (sliced()) return text.print(text.lower(number_of(at.part), 0));
  if (setup_.watermark) return text.lower_text(*setup_.watermark, setup_.lookback);
  const std::string& from = setup_.object.cursor->from;
  if (from.empty()) return std::nullopt;
  const auto rank = text.rank(std::string_view(from));
  return rank ? text.print(text.lower(*rank, 0)) : from;
}

std::int64_t Listing::upper(const Position& at) const {
  return sliced() ? std::min(number_of(at.part) + setup_.object.cursor->slice, *until_) : *until_;
}

// A record that changes while everything is read moves to the end, and is not gone for it. The watermark stays below.
std::int64_t Listing::asked_until(const Position& at) const {
  constexpr std::int64_t kYear = 366 * 24 * 3600 * base::kSecond;
  const std::int64_t end = upper(at);
  return setup_.proof && end >= *until_ ? end + kYear : end;
}

bool Listing::sliced() const noexcept {
  return setup_.incremental && setup_.object.cursor->slice > 0 && until_.has_value() && !setup_.parent;
}

bool Listing::asks_parents() const noexcept { return setup_.object.parent && setup_.object.parent->incremental; }

bool Listing::tells_covered(bool parents) const noexcept {
  return setup_.incremental && parents == asks_parents() && !setup_.object.cursor->covered.empty();
}

bool Listing::token_starts() const noexcept {
  const Cursor& cursor = *setup_.object.cursor;
  return cursor.token && (cursor.param.empty() || cursor.param == setup_.object.paging.param);
}

base::Json Listing::stored(const std::optional<Position>& next) const {
  base::Json json = base::Json::object();
  if (next)
    json.set("at", next->to_json());
  else
    json.set("end", base::Json(true));
  const auto put = [&](const char* key, const std::optional<std::string>& text) {
    if (text) json.set(key, base::Json(*text));
  };
  put("listing", identity_);
  if (setup_.incremental) put("from", setup_.watermark);
  if (forgotten_) json.set("forgotten", base::Json(true));
  put("cursor", cursor());
  if (!setup_.all_or_nothing) put("safe", safe_);
  if (began_) put("began", std::to_string(began_->micros));
  if (until_) put("until", std::to_string(*until_));
  if (sliced()) put("first", first_slice_);
  return json;
}

}  // namespace tandem::core
