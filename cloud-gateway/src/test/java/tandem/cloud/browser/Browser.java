package tandem.cloud.browser;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import tandem.proto.codec.Json;

/**
 * One headless Chromium with one page. For the thread of one test; blocks until done or its
 * deadline has passed. Every failure says what was asked and what the page showed.
 */
public final class Browser implements AutoCloseable {
  private static final Duration CALL = Duration.ofSeconds(60);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int DRAG_STEPS = 8;
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "chromium-headless-shell", "google-chrome");
  private static final List<String> FLAGS =
      List.of(
          "--headless=new",
          "--remote-debugging-port=0",
          "--no-sandbox",
          "--use-angle=swiftshader",
          "--enable-unsafe-swiftshader",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-dev-shm-usage",
          "--no-first-run",
          "--no-default-browser-check",
          "--mute-audio");

  /**
   * Runs its arguments in a process group that ends whole when the standard input does, which the
   * kernel closes when this process dies, however it dies; or when Chromium ends.
   */
  private static final String LIFELINE =
      """
      exec 3<&0
      (cat <&3; kill -9 0) >/dev/null 2>&1 &
      "$@" </dev/null 3<&-
      kill -9 0
      """;

  private final Process process;
  private final Path profile;
  private final HttpClient http = HttpClient.newHttpClient();
  private final WebSocket socket;
  private int port;
  private double[] pressedAt = {0, 0};
  private final AtomicLong lastId = new AtomicLong();
  private final Map<Long, CompletableFuture<Map<?, ?>>> calls = new ConcurrentHashMap<>();
  private final List<String> errors = new ArrayList<>();
  private final Deque<String> said = new ArrayDeque<>();

  /** Where Chromium is: the variable TANDEM_CHROMIUM, else on the path. */
  public static Optional<Path> find() {
    String named = System.getenv("TANDEM_CHROMIUM");
    if (named != null) return Optional.of(Path.of(named)).filter(Files::isExecutable);
    return Stream.of(System.getenv("PATH").split(":"))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** What to say where {@link #find} finds nothing. */
  public static String missing() {
    return "CHROMIUM NOT FOUND (searched the path for %s and the variable TANDEM_CHROMIUM): the console was NOT tested in a browser. Install it: apt-get install -y chromium"
        .formatted(NAMES);
  }

  /**
   * Starts Chromium.
   *
   * @param extraFlags beside the usual ones
   */
  public Browser(int width, int height, String... extraFlags) {
    try {
      profile = Files.createTempDirectory("tandem-browser-");
      var command = new ArrayList<>(List.of("setsid", "sh", "-c", LIFELINE, "sh"));
      command.add(find().orElseThrow(() -> new IllegalStateException(missing())).toString());
      command.addAll(FLAGS);
      command.addAll(List.of(extraFlags));
      command.add("--window-size=%d,%d".formatted(width, height));
      command.add("--user-data-dir=" + profile);
      command.add("about:blank");
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
      socket = connect(pageAddress());
      call("Page.enable", "{}");
      call("Runtime.enable", "{}");
      call("Log.enable", "{}");
      call("Network.enable", "{}");
      call("Page.bringToFront", "{}"); // headless pages begin without the focus
      size(width, height);
    } catch (IOException e) {
      throw new UncheckedIOException("Chromium not started", e);
    }
  }

  /** Size of the page's area in CSS pixels, one device pixel each. */
  public void size(int width, int height) {
    call(
        "Emulation.setDeviceMetricsOverride",
        "{\"width\":%d,\"height\":%d,\"deviceScaleFactor\":1,\"mobile\":false}"
            .formatted(width, height));
  }

  public void open(String url) {
    call("Page.navigate", "{\"url\":%s}".formatted(Json.quote(url)));
    until("document.readyState === 'complete' && location.href !== 'about:blank'", "page loaded");
  }

  /**
   * Value of a JavaScript expression (a promise is awaited), as {@link Json#parse(String)} reads.
   */
  public Object evaluate(String expression) {
    var answer =
        call(
            "Runtime.evaluate",
            "{\"expression\":%s,\"returnByValue\":true,\"awaitPromise\":true,\"userGesture\":true}"
                .formatted(Json.quote(expression)));
    if (answer.get("exceptionDetails") != null)
      throw new AssertionError(
          "page: "
              + expression
              + " threw "
              + Json.quote(answer.get("exceptionDetails").toString()));
    return ((Map<?, ?>) answer.get("result")).get("value");
  }

  public double number(String expression) {
    return ((Number) evaluate(expression)).doubleValue();
  }

  public String text(String expression) {
    return String.valueOf(evaluate(expression));
  }

  /** Waits in the page until the expression is true; at most 30 s. */
  public void until(String condition, String what) {
    until(condition, what, PATIENCE);
  }

  public void until(String condition, String what, Duration atMost) {
    Object met =
        evaluate(
            """
            new Promise((done) => {
              const end = performance.now() + %d;
              const look = () => {
                let met = false;
                try { met = Boolean(%s); } catch (e) { met = false; }
                if (met || performance.now() > end) done(met);
                else setTimeout(look, 25);
              };
              look();
            })
            """
                .formatted(atMost.toMillis(), condition));
    if (!Boolean.TRUE.equals(met))
      throw new AssertionError(
          "waited %s for: %s (%s); the page said %s; errors %s"
              .formatted(
                  atMost,
                  what,
                  condition,
                  text("JSON.stringify(window.tandemStatus ?? document.title)"),
                  errors()));
  }

  /**
   * Presses and lets go in the middle of what the selector finds; again, as a person does, where
   * the page moved it away meanwhile or had it disabled for a moment.
   */
  public void click(String selector) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    do {
      evaluate(
          """
          (() => { window.clickedHere = 0;
            document.addEventListener('click', (e) => window.clickedHere += e.target.closest(%s) ? 1 : 0, { capture: true, once: true }); })()
          """
              .formatted(Json.quote(selector)));
      var at = middle(selector);
      mouse("mouseMoved", at[0], at[1], 0);
      mouse("mousePressed", at[0], at[1], 1);
      mouse("mouseReleased", at[0], at[1], 1);
      if (number("window.clickedHere") > 0) return;
    } while (System.nanoTime() < deadline);
    throw new AssertionError(
        "page: %s took no click for %s; it is %s"
            .formatted(
                selector,
                PATIENCE,
                text("document.querySelector(%s)?.outerHTML".formatted(Json.quote(selector)))));
  }

  /** Presses at one place, moves and lets go at another; CSS pixels of the page. */
  public void drag(double fromX, double fromY, double toX, double toY) {
    mouse("mouseMoved", fromX, fromY, 0);
    mouse("mousePressed", fromX, fromY, 1);
    for (int i = 1; i <= DRAG_STEPS; i++)
      mouse(
          "mouseMoved",
          fromX + (toX - fromX) * i / DRAG_STEPS,
          fromY + (toY - fromY) * i / DRAG_STEPS,
          1);
    mouse("mouseReleased", toX, toY, 1);
  }

  /**
   * Drags the thumb of a range input from its value to another, as a hand does: where the press met
   * something else, since the page moved it away, it is let go elsewhere and pressed anew.
   */
  public void slide(String selector, double value) {
    String spot =
        """
        (() => { const e = document.querySelector(%s); const r = e.getBoundingClientRect();
          const thumb = 10; const at = (v) => r.left + thumb / 2 + (v - e.min) / (e.max - e.min) * (r.width - thumb);
          return [at(e.valueAsNumber), r.top + r.height / 2, at(%s)]; })()
        """
            .formatted(Json.quote(selector), value);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    do {
      middle(selector);
      var at = (List<?>) evaluate(spot);
      double y = ((Number) at.get(1)).doubleValue();
      double from = ((Number) at.get(0)).doubleValue(), to = ((Number) at.get(2)).doubleValue();
      mouse("mouseMoved", from, y, 0);
      mouse("mousePressed", from, y, 1);
      if (met(selector)) {
        for (int i = 1; i <= DRAG_STEPS; i++)
          mouse("mouseMoved", from + (to - from) * i / DRAG_STEPS, y, 1);
        mouse("mouseReleased", to, y, 1);
        return;
      }
      mouse("mouseReleased", 0, 0, 1);
    } while (System.nanoTime() < deadline);
    throw new AssertionError("page: slider %s not met for %s".formatted(selector, PATIENCE));
  }

  /** Replaces the text of an input by typing. */
  public void type(String selector, String text) {
    evaluate(
        "(() => { const e = document.querySelector(%s); e.focus(); e.select(); })()"
            .formatted(Json.quote(selector)));
    call("Input.insertText", "{\"text\":%s}".formatted(Json.quote(text)));
  }

  /** One key, pressed and let go: {@code Escape}, {@code Enter}, {@code Tab}, or a character. */
  public void key(String key) {
    int code =
        switch (key) {
          case "Escape" -> 27;
          case "Enter" -> 13;
          case "Tab" -> 9;
          case "ArrowRight" -> 39;
          case "ArrowLeft" -> 37;
          default -> key.charAt(0);
        };
    String shared =
        "\"key\":%s,\"code\":%s,\"windowsVirtualKeyCode\":%d"
            .formatted(Json.quote(key), Json.quote(key.equals(" ") ? "Space" : key), code);
    call("Input.dispatchKeyEvent", "{\"type\":\"rawKeyDown\",%s}".formatted(shared));
    call("Input.dispatchKeyEvent", "{\"type\":\"keyUp\",%s}".formatted(shared));
  }

  /**
   * Presses and keeps pressed in the middle of what the selector finds, which may be disabled; ends
   * with {@link #letGo}.
   */
  public void press(String selector) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    do {
      pressedAt = middle(selector);
      mouse("mouseMoved", pressedAt[0], pressedAt[1], 0);
      mouse("mousePressed", pressedAt[0], pressedAt[1], 1);
      if (met(selector)) return;
      mouse("mouseReleased", 0, 0, 1);
    } while (System.nanoTime() < deadline);
    throw new AssertionError("page: %s not met by a press for %s".formatted(selector, PATIENCE));
  }

  // A press met what it was meant for, and not what the page had moved there meanwhile.
  private boolean met(String selector) {
    return Boolean.TRUE.equals(
        evaluate(
            "document.querySelector(%s)?.matches(':active, :disabled')"
                .formatted(Json.quote(selector))));
  }

  /** Moves what is pressed, CSS pixels from where it was pressed. */
  public void push(double dx, double dy) {
    mouse("mouseMoved", pressedAt[0] + dx, pressedAt[1] + dy, 1);
  }

  public void letGo() {
    mouse("mouseReleased", pressedAt[0], pressedAt[1], 0);
  }

  /** A letter's key goes down: {@code KeyW}; again while it is down: a repetition. */
  public void keyDown(String code, boolean repeated) {
    letter("rawKeyDown", code, repeated);
  }

  public void keyUp(String code) {
    letter("keyUp", code, false);
  }

  private void letter(String type, String code, boolean repeated) {
    char letter = code.charAt(code.length() - 1);
    call(
        "Input.dispatchKeyEvent",
        "{\"type\":\"%s\",\"key\":\"%s\",\"code\":\"%s\",\"windowsVirtualKeyCode\":%d,\"autoRepeat\":%s}"
            .formatted(type, Character.toLowerCase(letter), code, (int) letter, repeated));
  }

  /** Runs in every page opened from now on, before its own scripts. */
  public void before(String script) {
    call("Page.addScriptToEvaluateOnNewDocument", "{\"source\":%s}".formatted(Json.quote(script)));
  }

  /** Another tab comes to the front, and this page is hidden; gives what {@link #show} takes. */
  public String hide() {
    var tab = (Map<?, ?>) Json.parse(tabs("PUT", "new?about:blank"));
    until("document.hidden", "the page hidden");
    return (String) tab.get("id");
  }

  /** The other tab is closed and this page comes to the front. */
  public void show(String tab) {
    tabs("GET", "close/" + tab);
    call("Page.bringToFront", "{}");
    until("!document.hidden", "the page shown");
  }

  private String tabs(String method, String what) {
    var to = URI.create("http://127.0.0.1:%d/json/%s".formatted(port, what));
    try {
      return http.send(
              HttpRequest.newBuilder(to)
                  .timeout(CALL)
                  .method(method, HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new UncheckedIOException("Chromium: %s not answered".formatted(to), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while Chromium was asked for " + what, e);
    }
  }

  /** The page as PNG. */
  public void screenshot(Path file) {
    var answer = call("Page.captureScreenshot", "{\"format\":\"png\"}");
    try {
      if (file.getParent() != null) Files.createDirectories(file.getParent());
      Files.write(file, Base64.getDecoder().decode((String) answer.get("data")));
    } catch (IOException e) {
      throw new UncheckedIOException("screenshot " + file + " not written", e);
    }
  }

  /** The network of the page goes away or comes back. */
  public void offline(boolean now) {
    call(
        "Network.emulateNetworkConditions",
        "{\"offline\":%s,\"latency\":0,\"downloadThroughput\":-1,\"uploadThroughput\":-1}"
            .formatted(now));
  }

  /** Uncaught exceptions and console errors since the start. */
  public List<String> errors() {
    synchronized (errors) {
      return List.copyOf(errors);
    }
  }

  /** One protocol call. */
  public Map<?, ?> call(String method, String parameters) {
    long id = lastId.incrementAndGet();
    var answer = new CompletableFuture<Map<?, ?>>();
    calls.put(id, answer);
    socket
        .sendText(
            "{\"id\":%d,\"method\":\"%s\",\"params\":%s}".formatted(id, method, parameters), true)
        .orTimeout(CALL.toSeconds(), TimeUnit.SECONDS)
        .join();
    return answer.orTimeout(CALL.toSeconds(), TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    socket.abort();
    http.shutdownNow();
    var all = Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(handle -> handle.onExit().orTimeout(20, TimeUnit.SECONDS).join());
    try (var files = Files.walk(profile)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException("browser profile " + profile + " not deleted", e);
    }
  }

  // Where it has come to rest: panels may grow or go while the page catches up.
  private double[] middle(String selector) {
    Object at =
        evaluate(
            """
            (async () => {
              const end = performance.now() + 10000;
              let before = '';
              for (;;) {
                const e = document.querySelector(%s); // anew: a panel may draw its parts anew
                e?.scrollIntoView({block: 'nearest'});
                const r = e?.getBoundingClientRect();
                const place = r?.width > 0 ? [r.left + r.width / 2, r.top + r.height / 2] : null;
                if (place && place.join() === before || performance.now() > end) return place;
                before = place?.join() ?? '';
                await new Promise((done) => setTimeout(done, 150));
              } })()
            """
                .formatted(Json.quote(selector)));
    if (!(at instanceof List<?> place))
      throw new AssertionError("page: nothing visible at " + selector);
    return new double[] {
      ((Number) place.get(0)).doubleValue(), ((Number) place.get(1)).doubleValue()
    };
  }

  private void mouse(String type, double x, double y, int buttons) {
    call(
        "Input.dispatchMouseEvent",
        "{\"type\":\"%s\",\"x\":%s,\"y\":%s,\"button\":\"%s\",\"buttons\":%d,\"clickCount\":1}"
            .formatted(
                type, x, y, type.equals("mouseMoved") && buttons == 0 ? "none" : "left", buttons));
  }

  private URI pageAddress() throws IOException {
    var line = new CompletableFuture<String>();
    Thread.ofVirtual().start(() -> read(line));
    URI browser;
    try {
      browser = URI.create(line.orTimeout(60, TimeUnit.SECONDS).join());
    } catch (java.util.concurrent.CompletionException e) {
      process.destroyForcibly();
      throw new IllegalStateException(
          "Chromium did not open its protocol port; it said " + said, e);
    }
    port = browser.getPort();
    var list = URI.create("http://127.0.0.1:" + port + "/json/list");
    try {
      var answer =
          http.send(
              HttpRequest.newBuilder(list).timeout(CALL).build(),
              HttpResponse.BodyHandlers.ofString());
      for (Object target : (List<?>) Json.parse(answer.body()))
        if (target instanceof Map<?, ?> page && "page".equals(page.get("type")))
          return URI.create((String) page.get("webSocketDebuggerUrl"));
      throw new IllegalStateException("Chromium has no page: " + answer.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while Chromium started", e);
    }
  }

  // Reads to the end, so that Chromium never waits for us; keeps the last lines for messages.
  private void read(CompletableFuture<String> address) {
    String mark = "DevTools listening on ";
    try (var lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(mark)) address.complete(line.substring(mark.length()).strip());
        synchronized (said) {
          if (said.size() == 20) said.poll();
          said.add(line);
        }
      }
      address.completeExceptionally(new IOException("Chromium ended"));
    } catch (IOException e) {
      address.completeExceptionally(e);
    }
  }

  private WebSocket connect(URI address) {
    return http.newWebSocketBuilder()
        .buildAsync(address, new Listener())
        .orTimeout(CALL.toSeconds(), TimeUnit.SECONDS)
        .join();
  }

  private void receive(String message) {
    var json = (Map<?, ?>) Json.parse(message);
    if (json.get("id") instanceof Long id) {
      var call = calls.remove(id);
      if (call == null) return;
      if (json.get("error") != null)
        call.completeExceptionally(new AssertionError("protocol: " + json.get("error")));
      else call.complete((Map<?, ?>) json.get("result"));
      return;
    }
    var parameters = (Map<?, ?>) json.get("params");
    String error =
        switch (String.valueOf(json.get("method"))) {
          case "Runtime.exceptionThrown" -> String.valueOf(parameters.get("exceptionDetails"));
          case "Log.entryAdded" ->
              parameters.get("entry") instanceof Map<?, ?> entry
                      && "error".equals(entry.get("level"))
                  ? String.valueOf(entry)
                  : null;
          case "Runtime.consoleAPICalled" ->
              "error".equals(parameters.get("type"))
                  ? String.valueOf(parameters.get("args"))
                  : null;
          default -> null;
        };
    if (error == null) return;
    synchronized (errors) {
      if (errors.size() < 100) errors.add(error);
    }
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder parts = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      parts.append(data);
      if (last) {
        String whole = parts.toString();
        parts.setLength(0);
        receive(whole);
      }
      from.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
      fail("Chromium closed the protocol: " + status + " " + reason);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      fail("protocol connection: " + error);
    }

    private void fail(String why) {
      calls.values().forEach(call -> call.completeExceptionally(new AssertionError(why)));
    }
  }
}
