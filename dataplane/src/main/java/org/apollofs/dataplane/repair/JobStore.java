package org.apollofs.dataplane.repair;

/** Where jobs keep how far they are, so that it outlives the process. Called by repair's thread, seldom; may wait. */
public interface JobStore {
    /** @return what was saved last, or null if there is nothing, or nothing that can be read. */
    JobRecord load(String job);

    /** Keeps it. What fails is lost, and no more: the job begins anew. */
    void save(JobRecord job);

    /** Keeps nothing: a job begins anew with the process. */
    JobStore NONE = new JobStore() {
        @Override
        public JobRecord load(String job) {
            return null;
        }

        @Override
        public void save(JobRecord job) {
            // A process that ends begins anew.
        }
    };
}
