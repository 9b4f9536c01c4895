#include "net/address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

namespace tandem::net {
namespace {

bool allowed(const std::string& text, const std::string& list = "", const std::string& own = "") {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
  } else {
    EXPECT_EQ(1, inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr)) << text;
    v6.sin6_family = AF_INET6;
  }
  return address_allowed(reinterpret_cast<const sockaddr*>(&storage), NetworkList::parse(list).value(),
                         NetworkList::parse(own).value());
}

TEST(NetAddress, PublicAddressesAreAllowed) {
  for (const char* each : {"1.1.1.1",
                           "8.8.8.8",
                           "93.184.216.34",
                           "9.255.255.255",
                           "11.0.0.0",
                           "100.63.255.255",
                           "100.128.0.0",
                           "126.255.255.255",
                           "128.0.0.1",
                           "169.253.255.255",
                           "169.255.0.0",
                           "172.15.255.255",
                           "172.32.0.0",
                           "192.0.1.0",
                           "192.0.3.0",
                           "192.167.255.255",
                           "192.169.0.0",
                           "198.17.255.255",
                           "198.20.0.0",
                           "223.255.255.255",
                           "168.63.129.15",
                           "168.63.129.17",
                           "2606:4700:4700::1111",
                           "2001:4860:4860::8888",
                           "2a00:1450::1",
                           "2001:200::1",
                           "3ffe::1"}) {
    EXPECT_TRUE(allowed(each)) << each;
  }
}

TEST(NetAddress, SpecialIPv4IsRefused) {
  for (const char* each :
       {"0.0.0.0",         "0.1.2.3",     "10.0.0.0",        "10.255.255.255",  "100.64.0.0",      "100.100.100.200",
        "100.127.255.255", "127.0.0.1",   "127.1.2.3",       "127.255.255.255", "169.254.0.0",     "169.254.169.254",
        "169.254.170.2",   "172.16.0.0",  "172.31.255.255",  "192.0.0.0",       "192.0.0.192",     "192.0.2.1",
        "192.88.99.1",     "192.168.0.0", "192.168.255.255", "198.18.0.0",      "198.19.255.255",  "198.51.100.7",
        "203.0.113.9",     "224.0.0.1",   "239.255.255.255", "240.0.0.1",       "255.255.255.255", "168.63.129.16"}) {
    EXPECT_FALSE(allowed(each)) << each;
  }
}

TEST(NetAddress, SpecialIPv6IsRefused) {
  for (const char* each : {"::",          "::1",           "::2",
                           "100::1",      "2001::1",       "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                           "2001:2::1",   "2001:10::1",    "2001:20::1",
                           "2001:db8::1", "2002::1",       "3fff::1",
                           "fc00::1",     "fd00:ec2::254", "fdff:ffff::1",
                           "fe80::1",     "febf::1",       "fec0::1",
                           "ff00::1",     "ff02::1",       "ffff::1",
                           "4000::1",     "64:ff9b:1::1",  "5f00::1"}) {
    EXPECT_FALSE(allowed(each)) << each;
  }
}

TEST(NetAddress, IPv4InsideIPv6IsSeenThrough) {
  for (const char* each :
       {"::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "::127.0.0.1", "::8.8.8.8",
        "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::10.1.2.3", "64:ff9b::169.254.169.254",
        "64:ff9b:1::8.8.8.8", "2002:7f00:1::", "2002:0a01:0203::1", "2002:0808:0808::1"}) {
    EXPECT_FALSE(allowed(each)) << each;
  }
  EXPECT_TRUE(allowed("::ffff:8.8.8.8"));
  EXPECT_TRUE(allowed("64:ff9b::8.8.8.8"));
}

TEST(NetAddress, UnknownFamiliesAreRefused) {
  sockaddr address{};
  address.sa_family = AF_UNIX;
  const auto everything = NetworkList::parse("0.0.0.0/0, ::/0").value();
  EXPECT_FALSE(address_allowed(&address, everything));
  EXPECT_FALSE(address_allowed(nullptr, everything));
}

TEST(NetAddress, ListedNetworksAreAllowed) {
  EXPECT_TRUE(allowed("127.0.0.1", "127.0.0.0/8"));
  EXPECT_TRUE(allowed("::ffff:127.0.0.1", "127.0.0.0/8"));
  EXPECT_TRUE(allowed("64:ff9b::10.1.2.3", "10.1.2.0/24"));
  EXPECT_TRUE(allowed("10.1.2.3", "fd00::/8, 10.1.2.0/24"));
  EXPECT_TRUE(allowed("10.1.2.3", "10.1.2.3"));
  EXPECT_TRUE(allowed("10.1.2.3", "::ffff:10.1.2.0/120"));
  EXPECT_TRUE(allowed("fd12::1", "fd00::/8"));
  EXPECT_TRUE(allowed("::1", "::1"));
  EXPECT_TRUE(allowed("10.127.255.255", "10.0.0.0/9"));
  EXPECT_FALSE(allowed("10.128.0.0", "10.0.0.0/9"));
  EXPECT_FALSE(allowed("10.1.3.3", "10.1.2.0/24"));
  EXPECT_FALSE(allowed("10.1.2.4", "10.1.2.3"));
  EXPECT_FALSE(allowed("::1", "127.0.0.0/8"));
  EXPECT_FALSE(allowed("127.0.0.1", "::1"));
}

TEST(NetAddress, EverythingOfOneFamilyIsNotTheOther) {
  EXPECT_TRUE(allowed("10.1.2.3", "0.0.0.0/0"));
  EXPECT_FALSE(allowed("fd00::1", "0.0.0.0/0"));
  EXPECT_TRUE(allowed("fd00::1", "::/0"));
  EXPECT_FALSE(allowed("10.1.2.3", "::/0"));
}

TEST(NetAddress, OwnPublicAddressesAreRefusedUnlessListed) {
  EXPECT_FALSE(allowed("8.8.8.8", "", "8.8.8.8"));
  EXPECT_FALSE(allowed("64:ff9b::8.8.8.8", "", "8.8.8.8"));
  EXPECT_TRUE(allowed("8.8.8.8", "8.8.8.0/24", "8.8.8.8"));
  EXPECT_TRUE(allowed("8.8.4.4", "", "8.8.8.8"));
}

TEST(NetAddress, OwnAddressesAreThoseOfTheInterfaces) {
  const auto own = NetworkList::own_addresses();
  ASSERT_TRUE(own.ok());
  ifaddrs* list = nullptr;
  ASSERT_EQ(0, getifaddrs(&list));
  int seen = 0;
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    Address address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    std::memcpy(address.data() + 12, &reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr, 4);
    EXPECT_TRUE(own->contains(address));
    ++seen;
  }
  freeifaddrs(list);
  EXPECT_GT(seen, 0);
}

TEST(NetAddress, EmptyListsAreEmpty) {
  EXPECT_FALSE(allowed("10.1.2.3", ""));
  EXPECT_FALSE(allowed("10.1.2.3", "  \t"));
}

TEST(NetAddress, ErrorsNameTheWrongEntry) {
  for (const char* each : {"10.1.2.0/33", "10.1.2.0/-1", "10.1.2.0/", "10.1/16", "fd00::/129", "localhost", "10.1.2",
                           "10.1.2.0/8x", "10.1.2.0 /24", "fe80::1%eth0", "2130706433", "0x7f.1", "10.1.2.0/24;::1"}) {
    const auto list = NetworkList::parse(std::string("127.0.0.0/8, ") + each);
    ASSERT_FALSE(list.ok()) << each;
    EXPECT_EQ(base::Errc::invalid_parameter, list.error().code);
    EXPECT_NE(std::string::npos, list.error().text.find(each)) << list.error().text;
    EXPECT_EQ(std::string::npos, list.error().text.find("127.0.0.0/8")) << list.error().text;
  }
  EXPECT_FALSE(NetworkList::parse("10.1.2.0/24,").ok());
}

TEST(NetAddress, BitsBeyondTheMaskAreRefused) {
  const auto list = NetworkList::parse("10.1.2.3/24");
  ASSERT_FALSE(list.ok());
  EXPECT_NE(std::string::npos, list.error().text.find("10.1.2.3/24"));
  EXPECT_FALSE(NetworkList::parse("fd00::1/64").ok());
  EXPECT_FALSE(NetworkList::parse("10.0.0.0/6").ok());
}

}  // namespace
TEST(LiteralAllowed, onlyAddressesAreTold) {
  const NetworkList none, loopback = NetworkList::parse("127.0.0.0/8, ::1").value();
  EXPECT_EQ(literal_allowed("api.example.com", none), std::nullopt);
  EXPECT_EQ(literal_allowed("localhost", none), std::nullopt);
  EXPECT_EQ(literal_allowed("10.1.2.3", none), false);
  EXPECT_EQ(literal_allowed("127.0.0.1", none), false);
  EXPECT_EQ(literal_allowed("127.0.0.1", loopback), true);
  EXPECT_EQ(literal_allowed("[::1]", none), false);
  EXPECT_EQ(literal_allowed("[::1]", loopback), true);
  EXPECT_EQ(literal_allowed("93.184.216.34", none), true);
}

}  // namespace tandem::net
