/**
 * What every namespace must do, however it is hosted.
 */
package org.apollofs.namespace;
