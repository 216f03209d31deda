#include <aos/dispatch.h>
#include <aos/paging.h>
#include <aos/ram_alloc.h>
#include <picotls.h>
#include <string.h>
#include <threads/stacks.h>

#define KEPT_MAX      8
#define CONTROL_ALIGN 64UL
#define STACK_MAX     (1UL << 32)

extern char __arm64_tls_tcb_offset[]; ///< Bytes between the thread pointer and the data, domain.ld.

/// Memory of ended threads, all of the usual size. Changed disabled.
static struct {
    struct sync_queue queue;
    unsigned count;
} kept;

/// Bytes at the top of a thread's memory that are not stack.
static size_t control_bytes(void)
{
    return ROUND_UP(sizeof(struct thread), CONTROL_ALIGN)
           + ROUND_UP((size_t)(uintptr_t)__arm64_tls_tcb_offset + _tls_size(), CONTROL_ALIGN);
}

static errval_t memory_map(size_t bytes, struct thread **ret)
{
    struct capref frame;
    void *base;
    errval_t err = frame_alloc(&frame, bytes, NULL);
    if (err_is_fail(err)) {
        return err;
    }
    err = paging_map_frame(get_current_paging_state(), &base, bytes, frame);
    if (err_is_fail(err)) {
        ram_free(frame);
        return err;
    }
    lvaddr_t top = (lvaddr_t)base + bytes - control_bytes();
    *ret = (struct thread *)top;
    (*ret)->frame = frame;
    (*ret)->stack_base = (lvaddr_t)base;
    (*ret)->stack_top = top;
    (*ret)->tp = top + ROUND_UP(sizeof(struct thread), CONTROL_ALIGN);
    return SYS_ERR_OK;
}

static size_t memory_bytes(size_t stack_bytes)
{
    return ROUND_UP(stack_bytes + control_bytes(), BASE_PAGE_SIZE);
}

static struct thread *take_kept(void)
{
    struct dispatcher_shared *disp = disp_disable();
    struct thread *thread = thread_queue_take(&kept.queue);
    kept.count -= thread != NULL;
    disp_enable(disp);
    return thread;
}

errval_t thread_memory_alloc(size_t stack_bytes, struct thread **ret)
{
    if (stack_bytes > STACK_MAX) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    size_t bytes = memory_bytes(stack_bytes);
    struct thread *thread = bytes == memory_bytes(THREAD_STACK_BYTES) ? take_kept() : NULL;
    if (!thread) {
        errval_t err = memory_map(bytes, &thread);
        if (err_is_fail(err)) {
            return err;
        }
    }
    _init_tls((char *)thread->tp + (uintptr_t)__arm64_tls_tcb_offset);
    *ret = thread;
    return SYS_ERR_OK;
}

void thread_memory_free(struct thread *thread)
{
    size_t bytes = thread->stack_top + control_bytes() - thread->stack_base;
    if (bytes == memory_bytes(THREAD_STACK_BYTES)) {
        struct dispatcher_shared *disp = disp_disable();
        bool keep = kept.count < KEPT_MAX;
        if (keep) {
            thread_queue_append(&kept.queue, thread);
            kept.count++;
        }
        disp_enable(disp);
        if (keep) {
            return;
        }
    }
    struct capref frame = thread->frame;
    paging_unmap(get_current_paging_state(), (const void *)thread->stack_base);
    ram_free(frame);
}
