# Builds and installs the extension (PGXS). In the source tree: make && sudo make install.
# In a directory of its own: make -f /path/to/Makefile. Tests that need no server: CMakeLists.txt.

SRC := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(SRC)/control/pg_tandem.control)
COMMIT := $(shell git -c safe.directory='*' -C $(SRC) rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

SCRIPT = control/pg_tandem--$(EXTVERSION).sql
PARTS = $(sort $(wildcard $(SRC)/control/install/*.sql))
PARTS_BEFORE_CONNECTORS = $(foreach p,$(PARTS),$(if $(filter 0% 1% 2% 3% 4% 5%,$(notdir $(p))),$(p)))
CONNECTORS = $(sort $(wildcard $(SRC)/connectors/*.json))

EXTENSION = control/pg_tandem
MODULE_big = pg_tandem
OBJS = $(patsubst $(SRC)/%.cpp,%.o,$(sort $(wildcard $(SRC)/src/*/*.cpp $(SRC)/src/*/*/*.cpp)))
DATA = $(patsubst $(SRC)/%,%,$(filter-out %/pg_tandem--$(EXTVERSION).sql,$(wildcard $(SRC)/control/pg_tandem--*.sql)))
DATA_built = $(SCRIPT)

REGRESS = $(patsubst $(SRC)/sql/%.sql,%,$(sort $(wildcard $(SRC)/sql/*.sql)))
REGRESS_OPTS = --inputdir=$(SRC)
EXTRA_CLEAN = $(OBJS:.o=.d) .commit

PG_CONFIG ?= pg_config
# The JIT's bitcode step would compile our sources in another dialect of C++; Makefile.global sets it, hence override.
override with_llvm := no
PG_CPPFLAGS = -I$(SRC)/src -isystem $(shell $(PG_CONFIG) --includedir-server)
PG_CXXFLAGS = -std=c++20 -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Werror -Wno-register \
	-fvisibility=hidden -O2
# PGXS links with the C compiler, so the C++ library is named here.
SHLIB_LINK += -lcurl -ljansson -lsimdjson -lcrypto -lssl -lstdc++

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

src/%.o: src/%.cpp
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

# simdjson's assertions would abort the server.
src/base/page_reader.o: override CXXFLAGS += -DNDEBUG

# The version and the commit stand in one object file, made again only when they change.
$(filter %/version.o,$(OBJS)): override CXXFLAGS += -DTANDEM_VERSION='"$(EXTVERSION)"' -DTANDEM_COMMIT='"$(COMMIT)"'
$(filter %/version.o,$(OBJS)): .commit
.commit: FORCE
	@echo '$(EXTVERSION) $(COMMIT)' | cmp -s - $@ || echo '$(EXTVERSION) $(COMMIT)' > $@
.PHONY: FORCE

# The install script: the parts in the order of their names; the built-in connectors stand where 60_ would.
$(SCRIPT): $(PARTS) $(CONNECTORS) $(SRC)/Makefile
	@mkdir -p $(@D)
	{ cat $(PARTS_BEFORE_CONNECTORS); \
	  for file in $(CONNECTORS); do \
	    printf "INSERT INTO tandem._connector (name, manifest, builtin) VALUES ('%s', \$$manifest\$$" "$$(basename $$file .json)"; \
	    cat $$file; echo "\$$manifest\$$, true);"; \
	  done; \
	  cat /dev/null $(filter-out $(PARTS_BEFORE_CONNECTORS),$(PARTS)); } > $@.new
	mv $@.new $@

-include $(OBJS:.o=.d)
