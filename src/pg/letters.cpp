#include "pg/letters.hpp"

#include "pg/guard.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

constexpr std::string_view kSmall = "abcdefghijklmnopqrstuvwxyz", kBig = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

using Change = char* (*)(const char*, std::size_t, Oid);

std::string_view changed(std::string_view text, base::TextArena& arena, Change change) {
  std::string_view out;
  call([&] {
    char* made = change(text.data(), text.size(), DEFAULT_COLLATION_OID);
    out = arena.keep(made);
    pfree(made);
  });
  return out;
}

// Some locales have other ideas of ASCII: in Turkish I is not the big i.
bool plain_ascii() {
  static int known = -1;  // the locale of a database does not change
  if (known < 0) {
    base::TextArena arena;
    known = changed(kBig, arena, str_tolower) == kSmall && changed(kSmall, arena, str_toupper) == kBig ? 1 : 0;
  }
  return known == 1;
}

std::string_view in_case(std::string_view text, base::TextArena& arena, char first, char last, Change change) {
  bool ascii = true, same = true;
  for (const char c : text) {
    ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    same = same && (c < first || c > last);
  }
  if (!ascii || !plain_ascii()) return changed(text, arena, change);
  if (same) return text;
  char* const out = arena.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    out[i] = text[i] >= first && text[i] <= last ? static_cast<char>(text[i] ^ 0x20) : text[i];
  return arena.commit(text.size());
}

}  // namespace

std::string_view lowered(std::string_view text, base::TextArena& arena) {
  return in_case(text, arena, 'A', 'Z', str_tolower);
}

std::string_view uppered(std::string_view text, base::TextArena& arena) {
  return in_case(text, arena, 'a', 'z', str_toupper);
}

}  // namespace tandem::pg
