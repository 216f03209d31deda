/**
 * Messages of a domain to itself: rings, their order and their limits, capabilities, bytes, waitsets, news.
 */
#ifndef TEST_MESSAGES_H
#define TEST_MESSAGES_H

#include "../check.h"

#include <aos/aos.h>
#include <aos/lmp_endpoints.h>

extern struct lmp_chan a, b; ///< b sends to a, and a to b.

/// Several capabilities, and bytes. attachments.c
void test_attachments(void);

/// Linked endpoints, and how one hears of their end. links.c
void test_links(void);

/// News of any endpoint, of many. news.c
void test_news(void);

/// Waits with an end. deadlines.c
void test_deadlines(void);

#endif
