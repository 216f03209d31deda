/**
 * Instead of include/aos/dispatch.h: a dispatcher on the host. See tests/host/fake_dispatcher.h.
 */
#ifndef AOS_DISPATCH_H
#define AOS_DISPATCH_H

#include <abi/dispatcher.h>
#include <abi/errno.h>

struct dispatcher_shared *curdispatcher(void);
struct dispatcher_shared *disp_disable(void);
static inline struct dispatcher_shared *disp_disable_for(const void *object, size_t bytes)
{
    (void)object;
    (void)bytes;
    return disp_disable();
}
void disp_enable(struct dispatcher_shared *disp);

#endif
