/**
 * Many of these run at once, all on one console: ten that print lines in every way there is, and some that do
 * what could hurt them. The host looks at the lines.
 *
 * Arguments: seed=N, calls=N lines of each, instance=N; how=restart: a talker ends the serial service now and
 * then.
 */
#include "check.h"

#include <aos/aos.h>
#include <aos/aos_rpc.h>
#include <interfaces/serial.h>
#include <interfaces/test.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OTHERS           3 ///< Instances that are no talkers; the talkers are behind them.
#define LINE_MAX_BYTES   300
#define DEFAULT_LINES    40
#define FLOOD_CALLS      20000
#define FLOOD_LONG_BYTES 0x100000UL
#define DEAF_MESSAGES    1000 ///< More than any ring holds.
#define RESTARTS         5

static unsigned long seed = 1, lines = DEFAULT_LINES, instance;
static bool restarts;
static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1d >> 32;
}

/// "lines 3: 17 xxxxx end", with so many x that the host can tell a whole one.
static size_t make_line(char *line, unsigned long number)
{
    unsigned filling = (unsigned)(next_random() % (LINE_MAX_BYTES - 64));
    int begin = sprintf(line, "lines %lu: %lu %u ", instance - OTHERS, number, filling);
    memset(&line[begin], 'a' + (int)(instance - OTHERS), filling);
    return (size_t)begin + filling + (size_t)sprintf(&line[(size_t)begin + filling], " end\n");
}

static void write_in_pieces(const char *line, size_t bytes)
{
    while (bytes) {
        size_t part = next_random() % bytes + 1;
        CHECK(write(STDOUT_FILENO, line, part) == (ssize_t)part);
        if (next_random() % 4 == 0) {
            thread_yield();
        }
        line += part;
        bytes -= part;
    }
}

static void print_in_pieces(const char *line, size_t bytes)
{
    while (bytes) {
        size_t part = next_random() % bytes + 1;
        CHECK(printf("%.*s", (int)part, line) == (int)part);
        if (next_random() % 2 == 0) {
            CHECK(fflush(stdout) == 0);
        }
        line += part;
        bytes -= part;
    }
    CHECK(fflush(stdout) == 0);
}

static void put_characters(const char *line, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        CHECK_OK(aos_rpc_serial_putchar(aos_rpc_get_serial_channel(), line[i]));
    }
}

static void print_whole(const char *line, size_t bytes)
{
    CHECK(printf("%s", line) == (int)bytes);
}

static void print_error(const char *line, size_t bytes)
{
    CHECK(fprintf(stderr, "%s", line) == (int)bytes);
}

static void write_bytes(const char *line, size_t bytes)
{
    CHECK_OK(aos_rpc_serial_write(aos_rpc_get_serial_channel(), line, bytes));
}

static void (*const ways[])(const char *line, size_t bytes) = {
    print_whole, print_in_pieces, write_in_pieces, put_characters, print_error, write_bytes,
};

static void talk(void)
{
    static char line[LINE_MAX_BYTES];
    for (unsigned long i = 0; i < lines; i++) {
        size_t bytes = make_line(line, i);
        // Where serial may end at any time lines are one call each, or their first part would be lost.
        unsigned way = restarts ? 0 : (unsigned)(next_random() % ARRAY_LENGTH(ways));
        ways[way](line, bytes);
    }
}

/// Ends the service again and again; the others' lines go on.
static void end_serial(void)
{
    struct rpc_client *init;
    CHECK_OK(rpc_connect("test", &test_interface, &init));
    for (unsigned i = 0; i < RESTARTS; i++) {
        thread_sleep_us(20000);
        CHECK_OK(test_kill_service(init, "serial"));
    }
    rpc_disconnect(init);
}

/// Calls as fast as it can, with more than is allowed, and asks for more sessions than it may have.
static void flood(void)
{
    struct rpc_client *client, *others[SERIAL_MAX_SESSIONS];
    CHECK_OK(rpc_connect("serial", &serial_interface, &client));
    char *text = malloc(FLOOD_LONG_BYTES);
    CHECK(text);
    memset(text, '!', FLOOD_LONG_BYTES);
    CHECK_ERR(serial_write(client, text, SERIAL_MAX_TEXT + 1), SERIAL_ERR_TOO_LONG);
    CHECK_ERR(serial_write(client, text, FLOOD_LONG_BYTES), RPC_ERR_TOO_LONG);
    for (unsigned i = 0; i < FLOOD_CALLS; i++) {
        CHECK_OK(serial_flush(client));
    }
    unsigned count = 0;
    while (count < SERIAL_MAX_SESSIONS
           && err_is_ok(rpc_connect("serial", &serial_interface, &others[count]))) {
        count++;
    }
    CHECK(count == SERIAL_MAX_SESSIONS - 1);
    CHECK_ERR(rpc_connect("serial", &serial_interface, &others[count]), SERIAL_ERR_SESSIONS);
    // A long line is cut into pieces, and stays its own.
    CHECK_OK(serial_write(client, text, SERIAL_MAX_TEXT));
    CHECK_OK(serial_write(client, "\n", 1));
    free(text);
    for (unsigned i = 0; i < count; i++) {
        rpc_disconnect(others[i]);
    }
    rpc_disconnect(client);
}

/// Calls, and never takes an answer: loses its session, and may have another.
static void be_deaf(void)
{
    for (unsigned round = 0; round < 10; round++) {
        struct rpc_client *client;
        CHECK_OK(rpc_connect("serial", &serial_interface, &client));
        errval_t err = SYS_ERR_OK;
        for (unsigned i = 0; i < DEAF_MESSAGES && (err_is_ok(err) || lmp_err_is_transient(err)); i++) {
            uint64_t header = rpc_header(RPC_REQUEST, SERIAL_FLUSH_NUMBER, i);
            err = lmp_chan_send(&client->chan, LMP_SEND_FLAGS_DEFAULT, NULL_CAP, 1, header, 0, 0, 0, 0, 0, 0,
                                0);
        }
        CHECK(err_is_fail(err) && !lmp_err_is_transient(err));
        rpc_disconnect(client);
    }
}

/// Ends in the middle of a line.
static _Noreturn void break_off(void)
{
    static const char begin[] = "lines: broken off";
    CHECK(write(STDOUT_FILENO, begin, sizeof(begin) - 1) == sizeof(begin) - 1);
    _exit(EXIT_SUCCESS);
}

static unsigned long number(const char *word, const char *key, unsigned long otherwise)
{
    size_t length = strlen(key);
    unsigned long value = strncmp(word, key, length) == 0 ? strtoul(word + length, NULL, 10) : 0;
    return value ? value : otherwise;
}

int main(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++) {
        seed = number(argv[i], "seed=", seed);
        lines = number(argv[i], "calls=", lines);
        instance = number(argv[i], "instance=", instance);
        restarts |= strcmp(argv[i], "how=restart") == 0;
    }
    random_state = seed * 1000 + instance + 1;
    switch (instance) {
    case 0:
        break_off();
    case 1:
        restarts ? end_serial() : flood();
        break;
    case 2:
        restarts ? (void)0 : be_deaf();
        break;
    default:
        talk();
    }
    return EXIT_SUCCESS;
}
