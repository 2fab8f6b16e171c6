/**
 * What a site is made of: layout, targets, namespace, lanes, mount, threads. One YAML file, checked against a JSON Schema
 * and cross-field rules before anything starts.
 */
package org.apollofs.profile;
