#include <aos/kernel.h>
#include <aos/text.h>
#include <harness/report.h>
#include <string.h>

#define FRAME_SAMPLES_MAX ((FRAME_PAYLOAD_BYTES - 2 * sizeof(uint32_t)) / sizeof(int64_t))

/// A BENCH frame: lines `key=value`. Line ends inside a value would break it and become spaces.
struct frame {
    struct text text;
    char payload[FRAME_PAYLOAD_BYTES];
};

static void frame_add(struct frame *frame, const char *key, const char *value)
{
    text_add(&frame->text, key);
    text_add(&frame->text, "=");
    size_t start = frame->text.length;
    text_add(&frame->text, value);
    for (size_t i = start; i < frame->text.length; i++) {
        if (frame->payload[i] == '\n') {
            frame->payload[i] = ' ';
        }
    }
    text_add(&frame->text, "\n");
}

static void frame_add_number(struct frame *frame, const char *key, uint64_t value)
{
    text_add(&frame->text, key);
    text_add(&frame->text, "=");
    text_add_unsigned(&frame->text, value);
    text_add(&frame->text, "\n");
}

static void frame_begin(struct frame *frame, const char *event)
{
    text_init(&frame->text, frame->payload, sizeof(frame->payload));
    frame_add(frame, "event", event);
}

/// A frame that cannot be sent is a row that the host misses; there is nobody else to tell.
static void frame_send(const struct frame *frame)
{
    kernel_send_frame(FRAME_BENCH, frame->payload, frame->text.length);
}

void report_plan(uint32_t number, const char *name, const char *params, const char *unit)
{
    struct frame frame;
    frame_begin(&frame, "plan");
    frame_add_number(&frame, "bench", number);
    frame_add(&frame, "name", name);
    frame_add(&frame, "params", params);
    frame_add(&frame, "unit", unit);
    frame_send(&frame);
}

void report_begin(uint32_t number, uint64_t repetitions)
{
    struct frame frame;
    frame_begin(&frame, "begin");
    frame_add_number(&frame, "bench", number);
    frame_add_number(&frame, "repetitions", repetitions);
    frame_send(&frame);
}

void report_samples(uint32_t number, const int64_t *samples, size_t count)
{
    struct {
        uint32_t bench;
        uint32_t first;
        int64_t samples[FRAME_SAMPLES_MAX];
    } payload = {.bench = number};
    for (size_t done = 0; done < count;) {
        size_t part = count - done < FRAME_SAMPLES_MAX ? count - done : FRAME_SAMPLES_MAX;
        payload.first = (uint32_t)done;
        memcpy(payload.samples, samples + done, part * sizeof(*samples));
        kernel_send_frame(FRAME_SAMPLES, &payload, 2 * sizeof(uint32_t) + part * sizeof(*samples));
        done += part;
    }
}

void report_end(uint32_t number, const char *status, uint64_t overhead, uint64_t count)
{
    struct frame frame;
    frame_begin(&frame, "end");
    frame_add_number(&frame, "bench", number);
    frame_add(&frame, "status", status);
    frame_add_number(&frame, "overhead", overhead);
    frame_add_number(&frame, "n", count);
    frame_send(&frame);
}

void report_suite(const char *name, const char *status)
{
    struct frame frame;
    frame_begin(&frame, "suite");
    frame_add(&frame, "name", name);
    frame_add(&frame, "status", status);
    frame_send(&frame);
}

void report_done(void)
{
    struct frame frame;
    frame_begin(&frame, "done");
    frame_send(&frame);
}
