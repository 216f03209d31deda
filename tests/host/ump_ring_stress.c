/**
 * Two threads of the host at the ends of one channel: every message comes once, in order and whole, also
 * while both sleep and wake each other. Run by test_ump_ring.py, which builds it with ThreadSanitizer, with
 * AddressSanitizer, and without both.
 *
 * Call: seed, slots of each ring, messages each way, pattern of use: 0 one way, 1 calls and replies, 2 both
 * ways at once, 3 bytes one way, in runs of slots. A side that finds nothing spins for a random while, then
 * sleeps on a futex-like word; a wake that is lost shows as a run that does not end.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ump/ump_ring.h>

enum pattern {
    ONE_WAY,
    CALLS,
    BOTH_WAYS,
    BYTES
};

#define RUN_SLOTS 40 ///< Most slots that are sent or taken at once.

struct side {
    struct ump_end end; ///< First: ump_wake() has only this.
    struct side *other;
    uint64_t random;
    uint64_t sent, received;
    unsigned long sleeps, wakes, full;
    pthread_mutex_t mutex; ///< Of `woken`.
    pthread_cond_t cond;
    bool woken;
};

static struct side sides[2];
static uint64_t messages;
static enum pattern pattern;

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1d;
}

/// What an interrupt and the kernel do: it is remembered until the other side sleeps.
void ump_wake(struct ump_end *end)
{
    struct side *other = ((struct side *)end)->other;
    ((struct side *)end)->wakes++;
    pthread_mutex_lock(&other->mutex);
    other->woken = true;
    pthread_cond_signal(&other->cond);
    pthread_mutex_unlock(&other->mutex);
}

static void sleep_until_woken(struct side *side)
{
    pthread_mutex_lock(&side->mutex);
    while (!side->woken) {
        pthread_cond_wait(&side->cond, &side->mutex);
    }
    side->woken = false;
    pthread_mutex_unlock(&side->mutex);
}

static void wait_for(struct side *side, unsigned what)
{
    for (uint64_t spins = random_next(&side->random) % 64; spins > 0; spins--) {
        if (ump_end_has_news(&side->end, what)) {
            return;
        }
        if (spins % 16 == 0) {
            sched_yield();
        }
    }
    if (random_next(&side->random) % 4 == 0) {
        sched_yield(); // where something that comes must not be slept over
    }
    ump_end_sleep(&side->end);
#ifdef SHORTCUT_SLEEP
    sleep_until_woken(side); // without the second look: the test must find that
#else
    if (!ump_end_has_news(&side->end, what)) {
        side->sleeps++;
        sleep_until_woken(side);
    }
#endif
    ump_end_awake(&side->end);
}

/// Both sides know what message n of a side looks like.
static unsigned words_of(const struct side *from, uint64_t n)
{
    return (unsigned)((n * 0x9e3779b97f4a7c15 + (uint64_t)(from - sides)) >> 33) % UMP_SLOT_WORDS + 1;
}

static uint64_t word_of(const struct side *from, uint64_t n, unsigned i)
{
    return (n << 8 | i) * 0xff51afd7ed558ccd + (uint64_t)(from - sides);
}

static bool try_send(struct side *side)
{
    const uint64_t n = side->sent;
    if (!ump_end_can_send(&side->end)) {
        side->full++;
        return false;
    }
    uint64_t w[UMP_SLOT_WORDS];
    for (unsigned i = 0; i < UMP_SLOT_WORDS; i++) {
        w[i] = word_of(side, n, i);
    }
    ump_end_send(&side->end, UMP_HEADER(words_of(side, n), n), w[0], w[1], w[2], w[3], w[4], w[5], w[6]);
    side->sent++;
    return true;
}

static void check(const struct side *side, const struct ump_message *message)
{
    const uint64_t n = side->received;
    const unsigned words = words_of(side->other, n);
    bool is_right = UMP_WORDS(message->header) == words && UMP_TAG(message->header) == (uint16_t)n
                    && UMP_IS_FIRST(message->header) && UMP_IS_LAST(message->header);
    for (unsigned i = 0; i < words; i++) {
        is_right = is_right && message->w[i] == word_of(side->other, n, i);
    }
    if (!is_right) {
        fprintf(stderr, "message %lu is not what was sent\n", (unsigned long)n);
        abort();
    }
}

static bool try_recv(struct side *side)
{
    struct ump_message message;
    if (!ump_end_recv(&side->end, &message)) {
        return false;
    }
    check(side, &message);
    side->received++;
    return true;
}

static void send(struct side *side)
{
    while (!try_send(side)) {
        wait_for(side, UMP_NEWS_ROOM);
    }
}

static void recv(struct side *side)
{
    while (!try_recv(side)) {
        wait_for(side, UMP_NEWS_MESSAGE);
    }
}

/// Sends and receives as comes, with random preferences; sleeps only if neither is possible.
static void both_ways(struct side *side)
{
    while (side->sent < messages || side->received < messages) {
        const bool sends_first = random_next(&side->random) % 2;
        const bool may_send = side->sent < messages;
        if (sends_first && may_send && try_send(side)) {
            continue;
        }
        if (!try_recv(side) && !(may_send && try_send(side))) {
            wait_for(side, UMP_NEWS_MESSAGE | (may_send ? UMP_NEWS_ROOM : 0));
        }
    }
}

/// Runs of random length at both sides: the words count on through all of them.
static void send_bytes(struct side *side)
{
    static uint64_t words[RUN_SLOTS * UMP_SLOT_WORDS];
    while (side->sent < messages) {
        const uint64_t wanted = random_next(&side->random) % RUN_SLOTS + 1, left = messages - side->sent;
        const size_t slots = wanted < left ? wanted : left;
        for (size_t i = 0; i < slots * UMP_SLOT_WORDS; i++) {
            words[i] = word_of(side, side->sent * UMP_SLOT_WORDS + i, 0);
        }
        for (size_t done = 0; done < slots;) {
            done += ump_end_publish_whole(&side->end, UMP_NOT_LAST,
                                          (const char *)words + done * UMP_SLOT_BYTES, slots - done);
            ump_end_wake_sleeper(&side->end);
            if (done < slots) {
                side->full++;
                wait_for(side, UMP_NEWS_ROOM);
            }
        }
        side->sent += slots;
    }
}

static void recv_bytes(struct side *side)
{
    static uint64_t words[RUN_SLOTS * UMP_SLOT_WORDS];
    while (side->received < messages) {
        const uint64_t wanted = random_next(&side->random) % RUN_SLOTS + 1;
        const size_t slots = ump_end_recv_whole(&side->end, (char *)words, wanted);
        for (size_t i = 0; i < slots * UMP_SLOT_WORDS; i++) {
            if (words[i] != word_of(side->other, side->received * UMP_SLOT_WORDS + i, 0)) {
                fprintf(stderr, "word %zu behind slot %lu is not what was sent\n", i,
                        (unsigned long)side->received);
                abort();
            }
        }
        side->received += slots;
        if (slots == 0) {
            wait_for(side, UMP_NEWS_MESSAGE);
        }
    }
}

static void *run(void *argument)
{
    struct side *side = argument;
    const bool is_first = side == &sides[0];
    for (uint64_t i = 0; i < messages && pattern < BOTH_WAYS; i++) {
        if (is_first) {
            send(side);
        } else {
            recv(side);
        }
        if (pattern == CALLS) {
            if (is_first) {
                recv(side);
            } else {
                send(side);
            }
        }
    }
    if (pattern == BOTH_WAYS) {
        both_ways(side);
    } else if (pattern == BYTES) {
        is_first ? send_bytes(side) : recv_bytes(side);
    }
    // What was sent before the end is still received; then the end is seen.
    if (is_first) {
        ump_end_close(&side->end);
    } else {
        while (!ump_end_is_over(&side->end)) {
            wait_for(side, UMP_NEWS_MESSAGE);
        }
    }
    return NULL;
}

int main(int argc, char *argv[])
{
    if (argc != 5) {
        return 2;
    }
    const uint64_t seed = strtoul(argv[1], NULL, 10);
    const size_t bytes = 2 * (strtoul(argv[2], NULL, 10) + 1) * UMP_LINE_BYTES;
    messages = strtoul(argv[3], NULL, 10);
    pattern = (enum pattern)strtoul(argv[4], NULL, 10);
    void *frame = aligned_alloc(UMP_LINE_BYTES, bytes);
    if (!frame) {
        return 2;
    }
    memset(frame, 0, bytes);
    pthread_t threads[2];
    for (unsigned i = 0; i < 2; i++) {
        sides[i].other = &sides[1 - i];
        sides[i].random = seed * 1000003 + i * 7919 + 1;
        pthread_mutex_init(&sides[i].mutex, NULL);
        pthread_cond_init(&sides[i].cond, NULL);
        if (!ump_end_init(&sides[i].end, frame, bytes, i)) {
            return 2;
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, run, &sides[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("sleeps=%lu wakes=%lu full=%lu\n", sides[0].sleeps + sides[1].sleeps,
           sides[0].wakes + sides[1].wakes, sides[0].full + sides[1].full);
    free(frame);
    return 0;
}
