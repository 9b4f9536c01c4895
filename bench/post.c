/* The baseline of bench/push: sends the lines of a file as JSON bodies, some at a time, over kept-alive connections, with bare
 * libcurl, and prints the seconds it took:   post URL FILE IN_FLIGHT */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t swallow(char *data, size_t size, size_t count, void *sum) {
  (void)data;
  *(size_t *)sum += size * count;
  return size * count;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fail(const char *what) {
  fprintf(stderr, "post: %s\n", what);
  return 1;
}

static char *read_all(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) return NULL;
  *size = (size_t)ftell(file);
  rewind(file);
  char *text = malloc(*size + 1);
  if (!text || fread(text, 1, *size, file) != *size) return NULL;
  text[*size] = 0;
  fclose(file);
  return text;
}

int main(int argc, char **argv) {
  size_t size, received = 0;
  if (argc != 4) return fail("usage: post URL FILE IN_FLIGHT");
  char *next = read_all(argv[2], &size), *end = next + size;
  if (!next) return fail("cannot read the bodies");
  const int in_flight = atoi(argv[3]);

  curl_global_init(CURL_GLOBAL_ALL);
  CURLM *multi = curl_multi_init();
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Expect:");
  CURL *idle[256];
  int idle_count = 0, active = 0;
  if (in_flight < 1 || in_flight > 256) return fail("1 to 256 in flight");
  for (; idle_count < in_flight; idle_count++) {
    CURL *easy = idle[idle_count] = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &received);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  }

  const double start = now();
  while (next < end || active) {
    while (idle_count && next < end) {
      char *line = memchr(next, '\n', (size_t)(end - next));
      if (!line) return fail("the last line has no end");
      CURL *easy = idle[--idle_count];
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)(line - next));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, next);
      curl_multi_add_handle(multi, easy);
      active++;
      next = line + 1;
    }
    int running, left;
    curl_multi_perform(multi, &running);
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
      long status = 0;
      curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
      if (message->msg != CURLMSG_DONE || message->data.result != CURLE_OK || status / 100 != 2) return fail("a request failed");
      curl_multi_remove_handle(multi, message->easy_handle);
      idle[idle_count++] = message->easy_handle;
      active--;
    }
    if (active == in_flight || (active && next >= end)) curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  printf("%.6f\n", now() - start);
  return 0;
}
