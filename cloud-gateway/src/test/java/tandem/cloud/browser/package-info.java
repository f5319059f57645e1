/**
 * Headless Chromium driven through the Chrome DevTools Protocol, with nothing but the JDK.
 *
 * <p>Start at {@link tandem.cloud.browser.Browser}: it finds and starts Chromium with one page, and
 * acts on that page as a person would (mouse, keys, window size). Other modules use it through this
 * module's test jar. Waiting is done in the page, for a condition with a deadline.
 */
package tandem.cloud.browser;
