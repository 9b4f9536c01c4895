// A remote API as the engine needs it: the connector's manifest with the connection's
// configuration merged over it, validated and typed. Both are JSON of one shape; what a
// manifest leaves out, a connection may fill in (the built-in `rest` connector leaves out
// nearly everything).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/page_reader.hpp"
#include "core/mapping/finding.hpp"

namespace tandem::core {

using Params = std::vector<std::pair<std::string, std::string>>;

enum class AuthType { none, basic, bearer, api_key };
struct Auth {
  AuthType type = AuthType::none;
  std::string header = "X-API-Key";  // api_key in a header ... (empty when it goes into a parameter)
  std::string param = {};            // ... or in this query parameter
  // Names of the credentials it needs: basic username, password; bearer token; api-key key.
  [[nodiscard]] std::vector<std::string> required_credentials() const;
};

// An answer that says: this page token, or this cursor, is not known any more.
struct Expired {
  std::vector<int> status = {};  // one of these; empty: any that is no success
  std::string contains = {};     // and this text in the body, where given
  [[nodiscard]] bool matches(int answered, std::string_view body) const noexcept;
};

enum class PageStyle { none, page, offset, token, next_url, link, keyset };
struct Paging {
  PageStyle style = PageStyle::none;
  std::string param = {};       // page: "page", offset: "offset", token, keyset: has to be given
  std::string size_param = {};  // sent with `size` when both are set; offset: "limit"
  std::int64_t size = 0;
  std::int64_t start = 1;               // page: number of the first page; offset: 0
  std::vector<std::string> next = {};   // token, next_url: path in the body
  std::vector<std::string> total = {};  // path of the number of all records (page, offset: ends there)
  std::vector<std::string> total_pages = {};
  std::vector<std::string> more = {}, last = {};  // paths of booleans: there are more pages; this is the last one
  std::string field = {};  // keyset: what of the last record goes into `param`; empty: its cursor
  std::int64_t window =
      0;                 // records that one listing gives at most: behind them it is begun anew at the cursor; 0: all
  Expired expired = {};  // default: 410 where a token was sent
  // Of one run; 0: no limit.
  std::int64_t max_pages = 100'000, max_records = 0, max_bytes = 0, max_micros = 0;
};

enum class CursorFormat { iso8601, epoch, epoch_ms, integer, text, pattern };
enum class CursorOrder { unknown, ascending, descending };
// How changes alone are asked for: by a field that grows with every change, or by an opaque token that a listing ends
// with. Spans are microseconds; with format integer they are numbers.
struct Cursor {
  bool token = false;      // kind: opaque delta token
  std::string field = {};  // in the record
  std::string param = {};  // query parameter that takes it; empty: the API has no filter; token: it is a URL
  CursorFormat format = CursorFormat::iso8601;
  std::string pattern = {};     // format pattern: strftime's
  std::string zone = {};        // of times without an offset, both ways; empty: UTC
  std::string written_as = {};  // "template": the parameter's value, with {cursor}, {until}, {tie}; empty: {cursor}
  std::string until_param = {};
  std::int64_t grain = 0;  // the lower bound is rounded down to it
  bool inclusive = true;
  std::string tie_break = {}, tie_param = {};
  std::int64_t lookback = 0;
  CursorOrder order = CursorOrder::unknown;
  std::int64_t slice = 0;                 // 0: not in slices
  std::string from = {};                  // where a full listing begins
  std::vector<std::string> covered = {};  // path in the body: up to when the answer is complete
  std::vector<std::string> next = {};     // token: path of the next one in the body
  Params initial = {};                    // token: sent while there is none
  Expired expired = {};                   // default: 410 for tokens
  [[nodiscard]] bool timed() const noexcept {
    return !token && format != CursorFormat::integer && format != CursorFormat::text;
  }
  [[nodiscard]] bool bounded() const noexcept;  // it asks for an upper bound
};

// Records that stand below each record of another object: /customers/{parent}/orders.
struct Parent {
  std::string object = {}, field = {};
  std::string as = {};         // as what field of the child's records the parent's value appears
  bool missing_empty = false;  // 404 of one parent is an empty listing
  bool incremental = false;    // only below parents that changed, by their cursor
};

// A record that says of itself that it is gone: {"isDeleted": true}.
struct DeletedFlag {
  std::string field = {};
  base::Json equals = base::Json(true);
};

struct Write;  // core/manifest/write.hpp

struct Object {
  std::string name = {}, label = {};
  std::string path = {};
  Params params = {};  // the API's own included: these are all that every request of the object has
  base::RecordsAt records = {};
  std::vector<std::string> id = {};  // fields that identify a record; default {"id"}
  Paging paging = {};
  std::optional<Cursor> cursor = {};  // of an object below changed parents: the parent's
  std::optional<Parent> parent = {};
  std::string version = {};  // field that is another with every change of the record; empty: none
  std::optional<DeletedFlag> deleted = {};
  Params filters = {};  // field -> query parameter that gives only the records with that value
  // The feed of its deletions: path, params, records, paging, cursor, and as `id` what in an entry names the record.
  // Shared because an Object cannot hold another by value; nobody changes it.
  std::shared_ptr<const Object> deletions = {};
  // How its records are written; null: not at all. Shared so that who only reads need not know what it is.
  std::shared_ptr<const Write> write = {};
};

struct Api {
  std::string connection = {};  // its name, for hints that can be pasted; set by whoever loads it, may be empty
  std::string base_url = {};    // without a slash at the end: base_url + path is the URL
  std::vector<std::pair<std::string, std::string>> headers = {};
  Params params = {};  // of requests that belong to no object (test_connection); objects have them already
  Auth auth = {};
  int max_in_flight = 8;
  int connect_ms = 10'000, first_byte_ms = 60'000, total_ms = 300'000;
  std::vector<Object> objects = {};  // in the order given
  [[nodiscard]] const Object* object(std::string_view name) const noexcept;
};

// Findings about a manifest on its own (create_connector, validate_connector).
Findings validate_manifest(const base::Json& manifest);
// Findings about a connection's config under a manifest (create_connection).
Findings validate_config(const base::Json& manifest, const base::Json& config);
// The typed API; an Error names the first finding that is one.
base::Result<Api> make_api(const base::Json& manifest, const base::Json& config);

// One row of connector_settings(): derived from the manifest's "settings" and auth.
struct Setting {
  std::string name = {}, kind = {}, data_type = {};  // kind: config | credential
  bool required = false, secret = false;
  std::string default_value = {}, label = {}, help = {};
  base::Json choices = {};  // array or null
};
std::vector<Setting> connector_settings(const base::Json& manifest);

}  // namespace tandem::core
