#include "ump_test.h"

#include <aos/aos.h>
#include <aos/core.h>
#include <aos/threads.h>
#include <aos/ump.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANNEL_BYTES (UMP_TEST_BYTES / UMP_TEST_CHANNELS)
#define LONG_BYTES    (1UL << 20)
#define PAUSE_US      30
#define LATE_US       2000

static const struct ump_test *test;

/// One side of one exchange.
struct side {
    struct ump_chan chan;
    unsigned number; ///< Side 0 or 1.
    uint64_t random;
    uint64_t sent, received;
    bool good;
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1d;
}

/// Now and then a side is late, so that the other one sleeps, and sometimes just when something comes.
static void maybe_pause(struct side *side)
{
    const uint64_t random = next_random(&side->random) >> 32;
    if (random % 64 == 0) {
        thread_sleep_us(random / 64 % PAUSE_US);
    } else if (random % 4 == 0) {
        for (uint64_t i = random / 64 % 256; i > 0; i--) {
            __asm__ volatile("yield");
        }
    }
}

static unsigned words_of(unsigned from, uint64_t n)
{
    return (unsigned)((n * 0x9e3779b97f4a7c15 + from) >> 33) % UMP_SLOT_WORDS + 1;
}

static uint64_t word_of(unsigned from, uint64_t n, unsigned i)
{
    return (n << 8 | i) * 0xff51afd7ed558ccd + from;
}

static bool try_send(struct side *side)
{
    const uint64_t n = side->sent;
    uint64_t w[UMP_SLOT_WORDS];
    for (unsigned i = 0; i < UMP_SLOT_WORDS; i++) {
        w[i] = word_of(side->number, n, i);
    }
    if (!ump_chan_try_send(&side->chan, UMP_HEADER(words_of(side->number, n), n), w[0], w[1], w[2], w[3],
                           w[4], w[5], w[6])) {
        return false;
    }
    side->sent++;
    return true;
}

static bool try_recv(struct side *side)
{
    struct ump_message m;
    if (!ump_chan_try_recv(&side->chan, &m)) {
        return false;
    }
    const unsigned from = 1 - side->number, words = words_of(from, side->received);
    bool is_right = UMP_WORDS(m.header) == words && UMP_TAG(m.header) == (uint16_t)side->received
                    && UMP_IS_FIRST(m.header) && UMP_IS_LAST(m.header);
    for (unsigned i = 0; i < words; i++) {
        is_right = is_right && m.w[i] == word_of(from, side->received, i);
    }
    if (!is_right && side->good) {
        printf("ump: message %lu is not what was sent\n", (unsigned long)side->received);
        side->good = false;
    }
    side->received++;
    return true;
}

static void expect(struct side *side, errval_t err, errval_t expected)
{
    if (err != expected) {
        printf("ump: %s, and not: %s\n", err_getstring(err), err_getstring(expected));
        side->good = false;
    }
}

static void send(struct side *side)
{
    maybe_pause(side);
    while (side->good && !try_send(side)) {
        expect(side, ump_chan_wait_send(&side->chan), SYS_ERR_OK);
    }
}

static void recv(struct side *side)
{
    maybe_pause(side);
    while (side->good && !try_recv(side)) {
        expect(side, ump_chan_wait_recv(&side->chan), SYS_ERR_OK);
    }
}

static void one_way(struct side *side)
{
    for (uint64_t i = 0; i < test->messages && side->good; i++) {
        if (side->number == 0) {
            send(side);
        } else {
            recv(side);
        }
    }
}

static void calls(struct side *side)
{
    for (uint64_t i = 0; i < test->messages && side->good; i++) {
        if (side->number == 0) {
            send(side);
            recv(side);
        } else {
            recv(side);
            send(side);
        }
    }
}

/// Each sends and receives as comes, and waits only if it can do neither; sometimes not for long.
static void both_ways(struct side *side)
{
    while (side->good && (side->sent < test->messages || side->received < test->messages)) {
        const bool may_send = side->sent < test->messages;
        maybe_pause(side);
        if (may_send && next_random(&side->random) % 2 && try_send(side)) {
            continue;
        }
        if (try_recv(side) || (may_send && try_send(side))) {
            continue;
        }
        const bool is_short = next_random(&side->random) % 4 == 0;
        errval_t err = ump_chan_wait_until(&side->chan, UMP_NEWS_MESSAGE | (may_send ? UMP_NEWS_ROOM : 0),
                                           is_short ? clock_ticks() + 10 : CLOCK_NEVER);
        if (!is_short || err != LIB_ERR_TIMEOUT) {
            expect(side, err, SYS_ERR_OK);
        }
    }
}

/// One long message each way, one after the other; lengths that fill no slot are among them.
static void bytes(struct side *side)
{
    static const size_t lengths[] = {1, 56, 57, 8, 4096, LONG_BYTES - 3, LONG_BYTES};
    uint8_t *data = malloc(LONG_BYTES);
    if (!data) {
        expect(side, LIB_ERR_MALLOC_FAIL, SYS_ERR_OK);
        return;
    }
    for (unsigned i = 0; i < 2 * ARRAY_LENGTH(lengths) && side->good; i++) {
        const size_t length = lengths[i / 2];
        uint64_t state = test->seed * 31 + i + 1;
        const bool is_sender = i % 2 == side->number;
        memset(data, 0, length);
        if (!is_sender) {
            expect(side, ump_chan_recv_bytes(&side->chan, data, length), SYS_ERR_OK);
        }
        for (size_t at = 0; at < length && side->good; at++) {
            const uint8_t byte = (uint8_t)(at % 64 == 0 ? next_random(&state) : state >> at % 56);
            side->good = is_sender || data[at] == byte;
            data[at] = byte;
        }
        if (is_sender) {
            expect(side, ump_chan_send_bytes(&side->chan, 0, data, length), SYS_ERR_OK);
        }
    }
    free(data);
}

struct events {
    struct side *side;
    struct waitset ws;
    unsigned messages, room;
    bool over;
};

static void has_room(void *arg)
{
    struct events *events = arg;
    events->room++;
}

static void has_message(void *arg)
{
    struct events *events = arg;
    struct side *side = events->side;
    while (side->good && try_recv(side)) {
        events->messages++;
    }
    events->over = ump_chan_is_over(&side->chan);
    if (!events->over) {
        expect(side, ump_chan_register_recv(&side->chan, &events->ws, MKCLOSURE(has_message, events)),
               SYS_ERR_OK);
    }
}

/// Messages, room and the end as events of a waitset.
static void events(struct side *side)
{
    struct events events = {.side = side};
    waitset_init(&events.ws);
    if (side->number == 1) {
        has_message(&events);
        while (side->good && !events.over) {
            maybe_pause(side);
            expect(side, event_dispatch(&events.ws), SYS_ERR_OK);
        }
        side->good = side->good && side->received == test->messages;
        expect(side, ump_chan_deregister_recv(&side->chan), LIB_ERR_CHAN_NOT_REGISTERED);
        return;
    }
    while (side->good && side->sent < test->messages) {
        maybe_pause(side);
        if (!try_send(side)) {
            expect(side, ump_chan_register_send(&side->chan, &events.ws, MKCLOSURE(has_room, &events)),
                   SYS_ERR_OK);
            expect(side, event_dispatch(&events.ws), SYS_ERR_OK);
        }
    }
}

/// A time that is over, and a side that closes while the other one waits.
static void ends(struct side *side)
{
    if (side->number == 0) {
        const uint64_t until = clock_ticks_of_us(clock_now_us() + PAUSE_US);
        expect(side, ump_chan_wait_until(&side->chan, UMP_NEWS_MESSAGE, until), LIB_ERR_TIMEOUT);
        side->good = side->good && clock_ticks() >= until;
        send(side);
        expect(side, ump_chan_wait_recv(&side->chan), LIB_ERR_UMP_CLOSED);
    } else {
        recv(side);
        thread_sleep_us(LATE_US); // the other side waits by now
    }
}

static bool exchange(const char *name, unsigned channel, void *memory, unsigned number,
                     void (*run)(struct side *side))
{
    struct side side = {.number = number,
                        .random = test->seed * 1000003 + number * 7919 + channel + 1,
                        .good = true};
    void *frame = (char *)memory + channel * CHANNEL_BYTES;
    // Small rings are full often, large ones rarely.
    const size_t size = channel % 2 ? CHANNEL_BYTES : 12 * UMP_LINE_BYTES;
    expect(&side,
           ump_chan_init(&side.chan, frame, size, number, cap_core, (uint16_t)(test->core * 8 + channel)),
           SYS_ERR_OK);
    if (side.good) {
        const uint64_t begin = cycle_count();
        run(&side);
        const uint64_t cycles = cycle_count() - begin;
        ump_chan_close(&side.chan);
        while (side.good && !ump_chan_is_over(&side.chan)) {
            expect(&side, ump_chan_wait_recv(&side.chan), LIB_ERR_UMP_CLOSED);
        }
        if (number == 0) {
            printf("ump: core %u: %s: %lu cycles: %s\n", test->core, name, (unsigned long)cycles,
                   side.good ? "ok" : "FAILED");
        }
    }
    return side.good;
}

bool ump_test_exchange(const struct ump_test *what, void *memory, unsigned side)
{
    test = what;
    return exchange("one way", 0, memory, side, one_way) && exchange("one way", 1, memory, side, one_way)
           && exchange("calls", 2, memory, side, calls) && exchange("both ways", 3, memory, side, both_ways)
           && exchange("both ways", 4, memory, side, both_ways) && exchange("bytes", 5, memory, side, bytes)
           && exchange("events", 6, memory, side, events) && exchange("ends", 7, memory, side, ends);
}
